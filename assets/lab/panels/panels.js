// The inside of a trick: its panels, beside each other or behind tabs.

import {h} from "../page/dom.js";
import {Bars} from "./bars.js";
import {Curve} from "./curve.js";
import {Images} from "./images.js";
import {Layers} from "./layers.js";
import {OverSteps} from "./lines.js";
import {Scatter} from "./scatter.js";

const TABS_HEIGHT = 32;
const SMALL_FONT = 12; // pixels, to which those heights belong
const KINDS = {lines: OverSteps, layers: Layers, curve: Curve, bars: Bars, scatter: Scatter, images: Images};

/** The panels of a trick, as many at once as there is room for; the others are one click away. */
export class Panels {
  constructor(lab) {
    const {config, t} = lab;
    this.lab = lab;
    this.panels = config.panels.map((declared) => new KINDS[declared.kind](lab, declared));
    this.first = 0;
    this.tabs = h("div", {class: "lab-tabs", role: "tablist", "aria-label": t("lab.inside")});
    this.buttons = this.panels.map((panel, index) => {
      const open = () => {
        this.first = index;
        this.arrange();
      };
      return h("button", {type: "button", role: "tab", onclick: open}, panel.title);
    });
    this.tabs.append(...this.buttons);
    this.box = h("div", {class: "lab-panels"}, ...this.panels.map((panel) => panel.element));
    this.element = h("section", {class: "lab-inside", "aria-label": t("lab.inside")}, this.tabs, this.box);
    this.sizes = new ResizeObserver(() => this.arrange());
    this.sizes.observe(this.element);
  }

  /** Shows as many panels as fit, the chosen one first among them. */
  arrange() {
    const {panels, lab} = this;
    const {run} = lab.store;
    this.run = run;
    const room = lab.narrow ? (run ? Infinity : 0) : this.element.clientHeight; // a phone scrolls past no empty ones
    const scale = lab.font / SMALL_FONT;
    const all = panels.reduce((sum, {least}) => sum + scale * least, 0) <= room;
    this.tabs.hidden = all;
    const shown = new Set();
    let left = room - (all ? 0 : scale * TABS_HEIGHT);
    for (let i = 0; i < panels.length; i += 1) {
      const index = (this.first + i) % panels.length;
      left -= scale * panels[index].least;
      if (i > 0 && left < 0) break;
      shown.add(index);
    }
    panels.forEach((panel, index) => {
      const hidden = !all && !shown.has(index);
      this.buttons[index].setAttribute("aria-selected", String(all || shown.has(index)));
      panel.element.style.order = String((index - this.first + panels.length) % panels.length);
      if (panel.element.hidden !== hidden) {
        panel.element.hidden = hidden;
        panel.touch();
      }
    });
  }

  touch(urgent) {
    if (this.lab.store.run !== this.run) this.arrange();
    for (const panel of this.panels) panel.touch(urgent);
  }

  destroy() {
    this.sizes.disconnect();
    for (const panel of this.panels) panel.destroy();
  }
}
