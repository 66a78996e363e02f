// The knobs of a lab and its shared settings, as they stand for the arm that is chosen.

import {h, setFlag} from "../page/dom.js";
import {Knob} from "./knob.js";

export class Board {
  constructor(lab) {
    const {t} = lab;
    this.lab = lab;
    this.controls = new Map(); // name -> Knob
    this.chosen = 0; // which of the main knobs the keyboard turns
    this.knobs = h("section", {class: "lab-knobs", "aria-label": t("lab.knobs")});
    this.shared = h("section", {class: "lab-settings", "aria-label": t("lab.settings")});
    this.rebuild();
  }

  /** The names of the large knobs: all of the trick; those that a presenter turns, or that the address asks for. */
  get large() {
    const {config, present, reach} = this.lab;
    const own = config.knobs.map(({name}) => name);
    const shown = present && reach.narrows ? [...own, ...config.settings.map(({name}) => name)] : this.usual;
    return shown.filter((name) => !reach.hides(name));
  }

  /** Those of a page whose address asks for nothing. */
  get usual() {
    const {config, present} = this.lab;
    return present && config.present_knobs?.length ? config.present_knobs : config.knobs.map(({name}) => name);
  }

  /** Those that the keyboard turns. */
  get main() {
    return this.large.filter((name) => this.lab.reach.frees(name));
  }

  /** Makes the controls anew, of what is declared now. */
  rebuild() {
    const {lab, large: names} = this;
    const {config, t, present, reach} = lab;
    this.controls.clear();
    const make = (declared, options) => {
      const on = {turn: (value) => lab.turn(declared, value), settle: () => lab.report()};
      const locked = reach.locks(declared.name) ? t("lab.reach.locked") : "";
      const knob = new Knob(declared, {t, locked, ...options}, on);
      this.controls.set(declared.name, knob);
      return knob.element;
    };
    const shown = config.knobs.filter(({name}) => names.includes(name));
    const extra = present ? config.settings.filter(({name}) => names.includes(name)) : [];
    const large = [...shown, ...extra].map((declared) => make(declared, {compact: false}));
    this.knobs.replaceChildren(...large);
    setFlag(this.knobs, "data-dense", large.length > 3);
    if (!present) {
      const title = h("span", {class: "lab-settings-title"}, t("lab.settings"));
      const small = config.settings.filter(({name}) => !reach.hides(name));
      const settings = small.map((declared) => make(declared, {compact: true, slider: declared.live}));
      this.shared.replaceChildren(title, ...settings);
      this.shared.hidden = !small.length;
    }
    this.knobs.hidden = !large.length;
    this.#mark();
    this.show();
  }

  /** Shows what is wanted of the chosen arm, and what of it waits for the next start. */
  show() {
    const {lab} = this;
    const values = lab.valuesOf(lab.selected);
    this.knobs.inert = this.shared.inert = lab.past !== null;
    for (const [name, knob] of this.controls) {
      knob.show(values[name]);
      knob.idleAt(values);
      knob.pending = lab.past === null && lab.wishes.pends(name, lab.armOf(name));
    }
  }

  /** Says beside a knob why a value of it was refused; false where there is no such knob here. */
  refuse(name, text) {
    this.controls.get(name)?.refuse(text);
    return this.controls.has(name);
  }

  nudge(direction) {
    const knob = this.controls.get(this.main[this.chosen] ?? this.main[0]);
    knob?.nudge(direction);
    return Boolean(knob);
  }

  choose(index) {
    if (index >= this.main.length) return;
    this.chosen = index;
    this.#mark();
  }

  #mark() {
    const {main, lab} = this;
    for (const [name, {element}] of this.controls)
      setFlag(element, "data-chosen", lab.present && name === main[this.chosen] && main.length > 1);
  }
}
