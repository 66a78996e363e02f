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

  /** The names of the knobs that a presenter turns: on other pages, of all. */
  get main() {
    const {config, present} = this.lab;
    return present && config.present_knobs?.length ? config.present_knobs : config.knobs.map(({name}) => name);
  }

  /** Makes the controls anew, of what is declared now. */
  rebuild() {
    const {lab, main} = this;
    const {config, t, present} = lab;
    this.controls.clear();
    const make = (declared, options) => {
      const on = {turn: (value) => lab.turn(declared, value), settle: () => lab.report()};
      const knob = new Knob(declared, {t, ...options}, on);
      this.controls.set(declared.name, knob);
      return knob.element;
    };
    const shown = present ? config.knobs.filter(({name}) => main.includes(name)) : config.knobs;
    const extra = present ? config.settings.filter(({name}) => main.includes(name)) : [];
    const large = [...shown, ...extra].map((declared) => make(declared, {compact: false}));
    this.knobs.replaceChildren(...large);
    setFlag(this.knobs, "data-dense", large.length > 3);
    if (!present) {
      const title = h("span", {class: "lab-settings-title"}, t("lab.settings"));
      const settings = config.settings.map((declared) => make(declared, {compact: true, slider: declared.live}));
      this.shared.replaceChildren(title, ...settings);
    }
    this.#mark();
    this.show();
  }

  /** Shows what is wanted of the chosen arm, and what of it waits for the next start. */
  show() {
    const {lab} = this;
    const values = lab.valuesOf(lab.selected);
    for (const [name, knob] of this.controls) {
      knob.show(values[name]);
      knob.idleAt(values);
      knob.pending = lab.wishes.pends(name, lab.armOf(name));
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
