// The inside of a trick: its panels, beside each other or behind tabs.

import {h} from "../page/dom.js";
import {Bars} from "./bars.js";
import {Curve} from "./curve.js";
import {Images} from "./images.js";
import {Layers} from "./layers.js";
import {OverSteps} from "./lines.js";
import {Panel} from "./panel.js";
import {Scatter} from "./scatter.js";

const TABS_HEIGHT = 32;
const SMALL_FONT = 12; // pixels, to which those heights belong
const KINDS = {lines: OverSteps, layers: Layers, curve: Curve, bars: Bars, scatter: Scatter};

/**
 * Which panels are shown: as many as fit, the chosen one first among them.
 *
 * @param {number[]} least the height that each needs, in pixels at the small font
 * @param {{room: number, scale: number, first: number}} how pixels; how much larger the font is; the chosen one
 * @returns {{all: boolean, shown: Set<number>}} `all`: they need no tabs
 */
export function fitting(least, {room, scale, first}) {
  const all = least.reduce((sum, height) => sum + scale * height, 0) <= room;
  const shown = new Set();
  let left = room - (all ? 0 : scale * TABS_HEIGHT);
  for (let i = 0; i < least.length; i += 1) {
    const index = (first + i) % least.length;
    left -= scale * least[index];
    if (i > 0 && left < 0) break;
    shown.add(index);
  }
  return {all, shown: all ? new Set(least.keys()) : shown};
}

/** The panels of a trick, as many at once as there is room for; the others are one click away. */
export class Panels {
  constructor(lab) {
    const {config, t} = lab;
    this.lab = lab;
    this.panels = config.panels.map((declared) =>
      declared.kind === "images" ? new Images(lab, declared) : new Panel(lab, declared, KINDS[declared.kind]),
    );
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
    const least = panels.map((panel) => panel.least);
    const {all, shown} = fitting(least, {room, scale: lab.font / SMALL_FONT, first: this.first});
    this.tabs.hidden = all;
    panels.forEach((panel, index) => {
      const hidden = !shown.has(index);
      this.buttons[index].setAttribute("aria-selected", String(!hidden));
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
