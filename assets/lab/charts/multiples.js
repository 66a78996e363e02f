// A small picture for each arm of a run with many.

import {extent, pick, thin} from "../data/series.js";
import {signed, standing} from "../data/standings.js";
import {count, measured, number} from "../data/text.js";
import {h, setFlag, setText} from "../page/dom.js";
import {DASHES} from "../page/theme.js";
import {Painted} from "../tables/standings_table.js";
import {within} from "./figure.js";

const POINTS = 120; // of a small curve
const DASH = {dash: [5, 4], solid: []};

/**
 * What all the pictures share: each arm's curve of the chosen metric, the range they are drawn over, and its words.
 *
 * @returns {{curves: {steps: number[], values: number[]}[], range: number[], scale: string}}
 */
export function multiplesOf(many) {
  const {store, t, metric} = many;
  const curves = many.labels().map((_, arm) => {
    const {tests} = store.arms[arm] ?? {};
    const curve = {steps: tests?.view("step") ?? [], values: tests?.view(metric) ?? []};
    return curve.steps.length ? pick(curve, thin([curve], 0, store.steps, POINTS / 2)) : curve;
  });
  const shown = curves.map(({values}, arm) => ({values, ended: Boolean(store.failure(arm))}));
  const found = extent(shown, false);
  const [low, high] = found ?? [0, 1];
  const told = {low: number(low), high: number(high), steps: count(store.steps || many.steps)};
  return {curves, range: [low, high > low ? high : low + 1], scale: found ? t("lab.many.scale", told) : ""};
}

/** Where a curve runs in a picture of `width` by `height`, with a rim of a pixel. */
export function pathOf({steps, values}, {width, height, end, range: [low, high]}) {
  const x = (step) => (step / (end || 1)) * (width - 2) + 1;
  const y = (value) => height - 2 - ((value - low) / (high - low)) * (height - 4);
  const at = [...values.keys()].filter((i) => Number.isFinite(values[i]));
  return at.map((i) => [x(steps[i]), y(within(values[i], low, high))]);
}

/** What a picture says of its arm: beside its name, and aloud. */
export function tileText({store, metric, t}, label, arm) {
  const {value, difference} = standing(store, arm, metric);
  return {
    value: Number.isFinite(value) ? measured(value) : "",
    aloud: `${label}: ${measured(value)}, ${t("lab.many.difference")} ${signed(difference)}`,
  };
}

/** A small picture for each arm: its curve of the chosen metric over the baseline's, all on the same axes. */
export class Multiples extends Painted {
  constructor(many) {
    super(many);
    this.title = h("span", {class: "lab-chart-title"});
    this.scale = h("span", {class: "many-scale"});
    this.tiles = h("div", {class: "many-tiles"});
    this.element = h(
      "section",
      {class: "many-multiples", "aria-label": many.t("lab.many.multiples")},
      h("div", {class: "many-caption"}, this.title, this.scale),
      this.tiles,
    );
  }

  get due() {
    return this.stale && this.tiles.clientWidth > 0;
  }

  paint() {
    if (!this.due) return;
    this.stale = false;
    const {lab: many} = this;
    const labels = many.labels();
    if (labels.join("\n") !== this.built) this.#build(labels);
    setText(this.title, many.t("lab.many.multiples.title", {metric: many.name(many.metric)}));
    const {curves, range, scale} = multiplesOf(many);
    setText(this.scale, scale);
    for (const [i, tile] of this.drawn.entries()) this.#draw(tile, i + 1, curves, range);
  }

  #build(labels) {
    this.built = labels.join("\n");
    this.drawn = labels.slice(1).map((label, i) => {
      const canvas = h("canvas", {});
      const value = h("output", {});
      const pick = () => this.lab.choose(i + 1);
      const element = h(
        "button",
        {type: "button", class: "many-tile", onclick: pick, title: label},
        h("span", {class: "many-tile-head"}, h("span", {}, label), value),
        canvas,
      );
      return {element, canvas, value};
    });
    this.tiles.replaceChildren(...this.drawn.map(({element}) => element));
  }

  #draw({element, canvas, value}, arm, curves, range) {
    const {lab: many} = this;
    const {theme, store} = many;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    const scale = devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
    if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.strokeStyle = theme.axis;
    pen.lineWidth = 1;
    pen.setLineDash([]);
    pen.strokeRect(0.5, 0.5, width - 1, height - 1);
    const line = (curve, color, dash, wide) => {
      pen.strokeStyle = color;
      pen.lineWidth = wide;
      pen.setLineDash(dash);
      pen.beginPath();
      for (const [x, y] of pathOf(curve, {width, height, end: store.steps, range})) pen.lineTo(x, y);
      pen.stroke();
    };
    const shown = many.arms().find(({index}) => index === arm);
    line(curves[0], theme.arms[0], DASH[DASHES[0]] ?? [], 1.4);
    line(curves[arm], theme.arms[shown?.look ?? 1], [], 2);
    const said = tileText(many, many.labels()[arm], arm);
    setText(value, said.value);
    setFlag(element, "data-shown", Boolean(shown));
    if (element.getAttribute("aria-label") !== said.aloud) element.setAttribute("aria-label", said.aloud);
  }
}
