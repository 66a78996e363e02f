// What all that panels show is made of: the arms, the arrays they are fed with, the room around them. No DOM.

import {axisOf, endNames} from "../charts/figure.js";
import {CalmRange} from "../data/series.js";
import {DASHES} from "../page/theme.js";

export const LEAST_HEIGHT = 152;

/** What a panel shows, made of the page's state, what the panel declares, and its `frame`: `{width, height}`. */
export class Inside {
  constructor(lab, declared, frame) {
    this.lab = lab;
    this.declared = declared;
    this.frame = frame;
    this.calm = new Map();
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

  /** The arm that the knobs move, alone. */
  selected() {
    return this.lab.arms().filter(({index}) => index === this.lab.selected);
  }

  /** The newest array of that name in an arm (at the cursor's step while a person points at one), or null. */
  array(arm, name) {
    const {preview, store, cursor} = this.lab;
    if (preview.has(name) && (this.declared.preview || !store.probe(arm.index, name))) return preview.get(name);
    return store.probe(arm.index, name, cursor ?? Infinity);
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

  axis(parts) {
    return axisOf(this.lab, true, parts);
  }

  waiting() {
    const bare = {visible: false, fixedrange: true};
    return {
      empty: this.lab.t(this.lab.store.run ? "lab.empty.soon" : "lab.empty.panel"),
      data: [{x: [], y: []}],
      layout: {xaxis: bare, yaxis: bare, margin: this.margin},
    };
  }

  stroke(arm, scale = 1) {
    const {theme, present} = this.lab;
    return {color: theme.arms[arm.index], width: Math.max(2 * scale, present ? 3 : 0), dash: DASHES[arm.index]};
  }

  /** Names at the right end of curves; `ends` are `{x, y, text, color}` in axis units. */
  endLabels(ends, range, margin) {
    const height = this.frame.height - margin.t - margin.b;
    return endNames(this.lab, ends, range, height, {gap: 1.15, foot: 0.6, shift: 3, clip: false}); // clear of the axis
  }
}
