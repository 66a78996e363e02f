// How the race is looked at: its x axis, its smoothing, and the run before.

import {shareOf, smoothingAt} from "../data/scale.js";
import {h, setPlace} from "../page/dom.js";
import {restrict} from "./restrict.js";
import {Segments} from "./segments.js";

const PLACES = 60; // of the smoothing's slider

/** The row above the race; `lab.view` is what it sets: `{x, smooth, ghost}`. */
export class Toolbar {
  constructor(lab) {
    const {t} = lab;
    this.lab = lab;
    this.axes = new Segments({
      label: t("lab.axis"),
      name: "x",
      value: lab.view.x,
      choices: ["step", "epoch", "seconds"].map((value) => ({value, label: t(`lab.axis.short.${value}`)})),
      onchange: (x) => {
        lab.look({x});
        lab.reset();
      },
    });
    const smooth = {type: "range", class: "lab-range", min: 0, max: PLACES, "data-range": "smooth"};
    this.smoothing = h("input", {...smooth, "aria-label": t("lab.smooth")});
    this.smoothing.addEventListener("input", () => {
      lab.look({smooth: this.#smoothing(this.smoothing.value)});
      this.show();
    });
    this.told = h("output", {class: "lab-smooth-text"});
    this.ghost = h("input", {type: "checkbox", "data-toggle": "ghost"});
    this.ghost.addEventListener("change", () => lab.look({ghost: this.ghost.checked}));
    const before = {class: "lab-field", title: t("lab.ghost.help")};
    this.before = h("label", before, this.ghost, h("span", {}, t("lab.ghost")));
    const smoothed = h("label", {class: "lab-field"}, h("span", {}, t("lab.smooth")), this.smoothing, this.told);
    for (const field of [this.axes.element, smoothed, this.before]) restrict(lab, "charts", field);
    this.element = h("div", {class: "lab-toolbar"}, lab.legend.element, this.axes.element, smoothed, this.before);
    this.show();
  }

  // Steps: the most to smooth over.
  get #most() {
    return Math.max(20, this.lab.config.steps / 5);
  }

  #smoothing(place) {
    return smoothingAt(place / PLACES, this.#most);
  }

  /** Shows how the race is looked at. */
  show() {
    const {view, t} = this.lab;
    this.axes.value = view.x;
    this.ghost.checked = view.ghost;
    const place = PLACES * shareOf(view.smooth, this.#most);
    setPlace(this.smoothing, place, (at) => this.#smoothing(at) === view.smooth);
    this.told.textContent = view.smooth > 1 ? t("lab.smooth.steps", {steps: view.smooth}) : t("lab.smooth.off");
  }

  refresh() {
    this.before.hidden = !this.lab.ghost || this.lab.reach.hides("charts");
  }
}
