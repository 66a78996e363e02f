// The one quiet line under the knobs that names what a page does not show or let change, and the way to all of it.

import {h, textButton} from "../page/dom.js";

const CALLED = {
  task: "lab.task",
  seed: "lab.seed",
  steps: "lab.steps",
  speed: "lab.speed",
  arms: "lab.reach.arms",
  charts: "lab.reach.charts",
  tabs: "lab.reach.tabs",
};

/** What a control is called in a list: a knob or shared setting by its label. */
export function callControl(lab, name) {
  return lab.declared(name)?.label ?? lab.t(CALLED[name]);
}

export class ReachLine {
  /** @param {object} lab its `controls` are the names of those that its view has */
  constructor(lab) {
    const {t, reach} = lab;
    const named = (which) =>
      lab.controls
        .filter(which)
        .map((name) => callControl(lab, name))
        .join(", ");
    const hidden = named((name) => reach.hides(name));
    const locked = named((name) => reach.locks(name));
    const said = [hidden && t("lab.reach.hidden", {names: hidden}), locked && t("lab.reach.held", {names: locked})];
    const unlock = textButton("unlock", t(hidden ? "lab.reach.show" : "lab.reach.unlock"), () => lab.unlock());
    const text = said.filter(Boolean).join(" ");
    this.element = h("p", {class: "lab-reach"}, h("span", {}, text), reach.strict ? null : unlock);
    this.element.hidden = !text;
  }
}
