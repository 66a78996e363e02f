// Many arms at a glance: a live table with a row for each, and a small multiple of each against the baseline.

import {h, setFlag, setText} from "./dom.js";
import {extent, pick, thin} from "./series.js";
import {lastAtMost} from "./store.js";
import {count, measured, number} from "./text.js";
import {DASHES} from "./theme.js";

const POINTS = 120; // of a small curve
const DASH = {dash: [5, 4], solid: []};

/** An arm's last measurement of a metric, and its difference to the baseline's at that step. */
export function standing(store, arm, metric) {
  const {tests} = store.arms[arm] ?? {};
  const step = tests?.last("step");
  if (!Number.isFinite(step)) return {value: NaN, difference: NaN};
  const baseline = store.arms[0].tests;
  const at = lastAtMost(baseline.view("step"), step);
  const same = at >= 0 && baseline.view("step")[at] === step;
  const value = tests.last(metric);
  return {value, difference: arm && same ? value - baseline.view(metric)[at] : NaN};
}

/** A difference with its sign; what is exactly nothing is said to be. */
export function signed(difference) {
  if (!Number.isFinite(difference)) return "";
  if (difference === 0) return "0";
  return `${difference > 0 ? "+" : "−"}${measured(Math.abs(difference), 2)}`;
}

/** Whether a difference is for the better (1), for the worse (−1), or neither. */
export function direction(difference, better) {
  return Math.sign(difference) * (better === "lower" ? -1 : 1) || 0;
}

/** What is painted when it is due, like a chart. */
class Painted {
  constructor(many) {
    this.many = many;
    this.stale = true;
  }

  touch(urgent = false) {
    this.stale = true;
    this.many.painter.wake(urgent);
  }

  get due() {
    return this.stale;
  }
}

/** The table: a row for each arm, which tricks are on, each metric and its difference to the baseline. */
export class ArmsTable extends Painted {
  constructor(many) {
    super(many);
    const label = many.t("lab.many.table");
    this.table = h("table", {});
    this.element = h("div", {class: "many-table", tabindex: "0", role: "region", "aria-label": label}, this.table);
  }

  paint() {
    if (!this.due) return;
    this.stale = false;
    const {many} = this;
    const state = JSON.stringify([
      many.labels(),
      many.arms(),
      many.theme.arms,
      many.spec?.arms.map((arm) => arm.tricks),
    ]);
    if (state !== this.state) this.#build();
    this.state = state;
    for (const [arm, cells] of (this.rows ?? []).entries()) this.#fill(cells, arm);
  }

  #build() {
    const {many} = this;
    const {t, config, spec} = many;
    if (!spec) {
      this.rows = [];
      return void this.table.replaceChildren();
    }
    const tricks = config.kind === "combine" ? (spec.arms[1]?.tricks ?? []) : [];
    const head = [
      h("th", {scope: "col"}, t("lab.many.arm")),
      ...tricks.map((name) => h("th", {scope: "col", class: "many-trick"}, config.titles[name] ?? name)),
      ...config.metrics.flatMap(({label}) => [
        h("th", {scope: "col"}, label),
        h("th", {scope: "col", class: "many-difference"}, t("lab.many.difference")),
      ]),
    ];
    const labels = many.labels();
    this.rows = spec.arms.map(() => []);
    const body = spec.arms.map((arm, index) => {
      const shown = many.arms().find((one) => one.index === index);
      const pick = () => many.choose(index);
      const name = h(
        "button",
        {
          type: "button",
          class: "many-arm",
          "aria-pressed": String(Boolean(shown)),
          onclick: pick,
          disabled: index === 0,
        },
        many.sample(shown),
        h("span", {}, labels[index]),
      );
      const marks = tricks.map((trick) => {
        const on = arm.tricks.includes(trick);
        return h(
          "td",
          {class: "many-trick"},
          h("span", {"aria-label": t(on ? "lab.many.on" : "lab.many.off")}, on ? "●" : "·"),
        );
      });
      const cells = config.metrics.map(() => [h("td", {}), h("td", {class: "many-difference"})]);
      this.rows[index] = cells;
      return h("tr", {"data-arm": index}, h("th", {scope: "row"}, name), ...marks, ...cells.flat());
    });
    this.table.replaceChildren(h("thead", {}, h("tr", {}, head)), h("tbody", {}, body));
  }

  #fill(cells, arm) {
    const {many} = this;
    const {store, config, t} = many;
    cells.forEach(([value, difference], i) => {
      const {name, better} = config.metrics[i];
      const found = standing(store, arm, name);
      setText(value, Number.isFinite(found.value) ? measured(found.value) : "–");
      setText(difference, signed(found.difference));
      const way = direction(found.difference, better);
      setFlag(difference, "data-better", way > 0);
      const title = way ? t(way > 0 ? "lab.many.better" : "lab.many.worse") : "";
      if (difference.title !== title) difference.title = title;
    });
  }
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
    const {many} = this;
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
    const {tests} = this.many.store.arms[arm] ?? {};
    const curve = {steps: tests?.view("step") ?? [], values: tests?.view(metric) ?? []};
    return curve.steps.length ? pick(curve, thin([curve], 0, this.many.store.steps, POINTS / 2)) : curve;
  }

  #build(labels) {
    this.built = labels.join("\n");
    this.drawn = labels.slice(1).map((label, i) => {
      const canvas = h("canvas", {});
      const value = h("output", {});
      const pick = () => this.many.choose(i + 1);
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
    const {many} = this;
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
