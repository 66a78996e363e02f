// Looking back along a run: one step of it that everything beside the curves shows, and what goes on from there.

import {count} from "../data/text.js";
import {h, setFlag, setText, textButton} from "../page/dom.js";

/** The slider on a run's progress, the line that says that this is the past, and the buttons that go on from there. */
export class LookingBack {
  constructor(lab) {
    const {t} = lab;
    this.lab = lab;
    this.range = h("input", {
      type: "range",
      class: "lab-range lab-rewind",
      min: 0,
      step: 1,
      title: t("lab.past.help"),
      "aria-label": t("lab.past.range"),
    });
    this.range.addEventListener("input", () => lab.rewind(Number(this.range.value)));
    this.told = h("strong", {});
    this.line = h(
      "p",
      {class: "lab-past", "aria-live": "polite"},
      this.told,
      textButton("branch", t("lab.past.branch"), () => lab.back.branch(), {title: t("lab.past.branch.help")}),
      textButton("now", t("lab.past.now"), () => lab.rewind(null), {title: t("lab.past.now.help")}),
    );
    this.longer = textButton("extend", "", () => lab.back.extend(), {title: t("lab.past.extend.help")});
    this.element = h("div", {class: "lab-looking-back"}, this.line, this.longer);
    this.refresh();
  }

  // Where the inside was known at another step, that is said.
  #told(past) {
    const {store, t} = this.lab;
    const look = store.lookAt(past);
    const told = t("lab.past", {step: count(past), steps: count(store.step)});
    return look === null || look === past ? told : `${told} ${t("lab.past.look", {step: count(look)})}`;
  }

  refresh() {
    const {lab, range} = this;
    const {store, past, t} = lab;
    const step = past ?? store.step;
    range.disabled = store.step < 1;
    range.max = String(store.steps || lab.steps);
    range.value = String(step);
    range.setAttribute("aria-valuetext", t("lab.progress.step", {step: count(step), steps: count(store.steps)}));
    setFlag(lab.root, "data-past", past !== null);
    setFlag(this.line, "hidden", past === null);
    if (past !== null) setText(this.told, this.#told(past));
    const {longer} = lab.back;
    setFlag(this.longer, "hidden", longer === null || past !== null);
    if (longer !== null) setText(this.longer, t("lab.past.extend", {steps: count(longer)}));
  }
}
