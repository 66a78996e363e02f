// A small picture for each arm of a run with many.

import {extent, pick, thin} from "../data/series.js";
import {signed, standing} from "../data/standings.js";
import {count, measured, number} from "../data/text.js";
import {h, setFlag, setText} from "../page/dom.js";
import {DASHES} from "../page/theme.js";
import {Painted} from "../tables/standings_table.js";

const POINTS = 120; // of a small curve
const DASH = {dash: [5, 4], solid: []};

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
    const {store, t, metric} = many;
    const labels = many.labels();
    if (labels.join("\n") !== this.built) this.#build(labels);
    setText(this.title, t("lab.many.multiples.title", {metric: many.name(metric)}));
    const curves = labels.map((_, arm) => this.#curve(arm, metric));
    const found = extent(
      curves.map(({values}, arm) => ({values, ended: Boolean(store.failure(arm))})),
      false,
    );
    const [low, high] = found ?? [0, 1];
    const told = {low: number(low), high: number(high), steps: count(store.steps || many.steps)};
    setText(this.scale, found ? t("lab.many.scale", told) : "");
    const range = [low, high > low ? high : low + 1];
    for (const [i, tile] of (this.drawn ?? []).entries()) this.#draw(tile, i + 1, curves, range);
  }

  #curve(arm, metric) {
    const {tests} = this.lab.store.arms[arm] ?? {};
    const curve = {steps: tests?.view("step") ?? [], values: tests?.view(metric) ?? []};
    return curve.steps.length ? pick(curve, thin([curve], 0, this.lab.store.steps, POINTS / 2)) : curve;
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

  #draw({element, canvas, value}, arm, curves, [low, high]) {
    const {lab: many} = this;
    const {theme, store} = many;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    const scale = devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
    if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    const x = (step) => (step / (store.steps || 1)) * (width - 2) + 1;
    const y = (one) => height - 2 - ((one - low) / (high - low)) * (height - 4);
    pen.strokeStyle = theme.axis;
    pen.lineWidth = 1;
    pen.setLineDash([]);
    pen.strokeRect(0.5, 0.5, width - 1, height - 1);
    const shown = many.arms().find(({index}) => index === arm);
    const line = (curve, color, dash, wide) => {
      pen.strokeStyle = color;
      pen.lineWidth = wide;
      pen.setLineDash(dash);
      pen.beginPath();
      for (const [i, one] of curve.values.entries())
        if (Number.isFinite(one)) pen.lineTo(x(curve.steps[i]), y(Math.min(Math.max(one, low), high)));
      pen.stroke();
    };
    line(curves[0], theme.arms[0], DASH[DASHES[0]] ?? [], 1.4);
    line(curves[arm], theme.arms[shown?.look ?? 1], [], 2);
    const {value: last, difference} = standing(store, arm, many.metric);
    setText(value, Number.isFinite(last) ? `${measured(last)}` : "");
    setFlag(element, "data-shown", Boolean(shown));
    const label = `${many.labels()[arm]}: ${measured(last)}, ${many.t("lab.many.difference")} ${signed(difference)}`;
    if (element.getAttribute("aria-label") !== label) element.setAttribute("aria-label", label);
  }
}
