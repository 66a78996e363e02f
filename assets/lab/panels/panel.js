// What every panel of the inside shares: the arms it shows, the arrays it is fed with, the room around it.

import {Chart} from "../charts/chart.js";
import {CalmRange, spread} from "../data/series.js";
import {DASHES} from "../page/theme.js";

export const LEAST_HEIGHT = 152;

export class Panel extends Chart {
  still = true;

  constructor(lab, declared) {
    super(lab, declared);
    this.declared = declared;
    this.calm = new Map();
  }

  reset() {
    this.calm.clear();
    this.touch();
  }

  /** The height below which it is not shown beside others. */
  get least() {
    return LEAST_HEIGHT;
  }

  /** The arms this panel shows. */
  arms() {
    const arms = this.lab.arms();
    return this.declared.arms === "all" ? arms : arms.filter((arm) => arm.index > 0);
  }

  /** The newest array of that name in an arm (at the cursor's step while a person points at one), or null. */
  array(arm, name) {
    if (this.lab.preview.has(name) && (this.declared.preview || !this.lab.store.probe(arm.index, name))) {
      return this.lab.preview.get(name);
    }
    return this.lab.store.probe(arm.index, name, this.lab.cursor ?? Infinity);
  }

  scalar(arm, name) {
    const {store, cursor} = this.lab;
    if (!store.run) return NaN;
    const {steps, values} = store.series(arm.index, name);
    const at = cursor === null ? values.length - 1 : steps.findLastIndex((step) => step <= cursor);
    return at < 0 ? NaN : values[at];
  }

  /** A range that follows the data calmly, one for each `key`. */
  follow(key, low, high, limits) {
    if (!this.calm.has(key)) this.calm.set(key, new CalmRange());
    return this.calm.get(key).follow([low, high], performance.now(), limits);
  }

  get margin() {
    const {font} = this.lab;
    return {l: Math.round(font * 4.3), r: 18, t: 6, b: Math.round(font * 2.8)};
  }

  waiting() {
    return {
      empty: this.lab.t(this.lab.store.run ? "lab.empty.soon" : "lab.empty.panel"),
      data: [{x: [], y: []}],
      layout: this.hidden(),
    };
  }

  hidden() {
    return {xaxis: {visible: false, fixedrange: true}, yaxis: {visible: false, fixedrange: true}, margin: this.margin};
  }

  stroke(arm, scale = 1) {
    const {theme, present} = this.lab;
    return {color: theme.arms[arm.index], width: Math.max(2 * scale, present ? 3 : 0), dash: DASHES[arm.index]};
  }

  /** Names at the right end of curves, pushed apart; `ends` are `{y, text, color}` in axis units. */
  endLabels(ends, x, range, margin) {
    const {font, theme} = this.lab;
    const height = this.plot.clientHeight - margin.t - margin.b;
    const pixels = ends.map(({y}) => (1 - (y - range[0]) / (range[1] - range[0])) * height);
    const apart = spread(pixels, font * 1.15, font * 0.4, height - font * 0.6); // clear of the axis
    return ends.map(({y, text, color}, i) => ({
      x,
      y,
      text: `<span style="color:${color}">━</span> ${text}`,
      showarrow: false,
      xanchor: "left",
      xshift: 3,
      yshift: pixels[i] - apart[i],
      font: {size: font, color: theme.text},
    }));
  }
}
