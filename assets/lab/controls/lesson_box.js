// A link to the page as it is set, on which controls are hidden or locked, made in a dialog.

import {toldOf} from "../data/reach.js";
import {copyButton, h, textButton} from "../page/dom.js";
import {callControl} from "./reach_line.js";
import {Segments} from "./segments.js";

const UNLOCKABLE = ["tabs"]; // are there, or are not
const STATES = {free: "lab.lesson.free", locked: "lab.lesson.locked", hidden: "lab.lesson.hidden"};

export class LessonBox {
  /** @type {Map<string, Segments>} the state of each control, in the order of the page */
  states = new Map();

  /** @param {any} lab its `addressWith` is the address of the page as it is set, with so much in reach */
  constructor(lab) {
    const {t, config, reach} = lab;
    this.lab = lab;
    const groups = [
      ["lab.knobs", config.knobs.map(({name}) => name)],
      ["lab.settings", config.settings.map(({name}) => name)],
      ["lab.lesson.rest", config.controls],
    ];
    const sections = groups.map(([title, names]) =>
      h(
        "section",
        {},
        h("h3", {}, t(title)),
        names.map((name) => this.#row(name)),
      ),
    );
    this.strict = this.#check("strict", t("lab.lesson.strict"), reach.strict);
    this.autostart = this.#check("autostart", t("lab.lesson.autostart"), false);
    this.link = h("textarea", {class: "lab-box lab-code", rows: 3, readonly: true, "aria-label": t("lab.lesson.link")});
    this.link.addEventListener("focus", () => this.link.select());
    const copy = copyButton("lesson", t("lab.lesson.copy"), t, () => this.link.value);
    copy.className = "lab-button lab-text-button";
    const close = textButton("close", t("lab.lesson.close"), () => this.element.close());
    const all = Object.entries(STATES).map(([state, label]) =>
      textButton(`all-${state}`, t(label), () => this.#setAll(state)),
    );
    this.element = h(
      "dialog",
      {class: "lab-dialog lab-lesson-box", "aria-label": t("lab.lesson.title")},
      h("h2", {}, t("lab.lesson.title")),
      h("p", {}, t("lab.lesson.about")),
      h("div", {class: "lab-lesson-row", role: "group", "aria-label": t("lab.lesson.all")}, [
        h("span", {}, t("lab.lesson.all")),
        h("span", {class: "lab-lesson-all"}, all),
      ]),
      ...sections,
      h(
        "div",
        {class: "lab-lesson-foot"},
        h("div", {class: "lab-dialog-row"}, this.strict.parentElement, this.autostart.parentElement),
        this.link,
        h("div", {class: "lab-dialog-row"}, copy, close),
      ),
    );
  }

  /** Shows the link to the page as it is set now. */
  open() {
    this.show();
    this.element.showModal();
  }

  /** Writes the link anew. */
  show() {
    const states = new Map([...this.states].map(([name, {value}]) => [name, value]));
    this.link.value = this.lab.addressWith(toldOf(states, this.strict.checked), this.autostart.checked);
  }

  #row(name) {
    const {t, reach} = this.lab;
    const label = callControl(this.lab, name);
    const offered = Object.entries(STATES).filter(([state]) => state !== "locked" || !UNLOCKABLE.includes(name));
    const segments = new Segments({
      label,
      name,
      value: reach.stateOf(name),
      choices: offered.map(([value, key]) => ({value, label: t(key)})),
      onchange: () => this.show(),
    });
    this.states.set(name, segments);
    return h("div", {class: "lab-lesson-row"}, h("span", {}, label), segments.element);
  }

  #setAll(state) {
    for (const segments of this.states.values()) if (segments.buttons.has(state)) segments.value = state;
    this.show();
  }

  #check(name, label, checked) {
    const box = h("input", {type: "checkbox", "data-toggle": name});
    box.checked = checked;
    box.addEventListener("change", () => this.show());
    h("label", {class: "lab-field"}, box, h("span", {}, label));
    return box;
  }
}
