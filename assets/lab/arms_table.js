// Many arms at a glance: a live table with a row for each, and a small multiple of each against the baseline.

import {h, setFlag, setText} from "./dom.js";
import {extent, pick, thin} from "./series.js";
import {direction, parts, signed, standing, standings} from "./standings.js";
import {Cells, copyTools, metricHeads, Painted} from "./standings_table.js";
import {count, measured, number} from "./text.js";
import {DASHES} from "./theme.js";

const POINTS = 120; // of a small curve
const WAYS = {1: "better", [-1]: "worse"};
const DASH = {dash: [5, 4], solid: []};

/** The table: a row for each arm, which tricks are on, each metric and its difference to the baseline. */
export class ArmsTable extends Painted {
  constructor(many) {
    super(many);
    const label = many.t("lab.many.table");
    this.table = h("table", {});
    this.element = h(
      "section",
      {class: "many-standings"},
      h("div", {class: "many-table", tabindex: "0", role: "region", "aria-label": label}, this.table),
      copyTools(many, () => standings(many.store, many.labels(), many.config.metrics)),
    );
  }

  paint() {
    if (!this.due) return;
    this.stale = false;
    const {lab: many} = this;
    const state = JSON.stringify([
      many.labels(),
      many.arms(),
      many.theme.arms,
      many.spec?.arms.map((arm) => arm.tricks),
    ]);
    if (state !== this.state) this.#build();
    this.state = state;
    const found = standings(many.store, many.labels(), many.config.metrics);
    for (const [arm, cells] of (this.rows ?? []).entries()) cells.fill(found[arm].cells);
  }

  #build() {
    const {lab: many} = this;
    const {t, config, spec} = many;
    if (!spec) {
      this.rows = [];
      return void this.table.replaceChildren();
    }
    const tricks = config.kind === "combine" ? (spec.arms[1]?.tricks ?? []) : [];
    const head = [
      h("th", {scope: "col"}, t("lab.many.arm")),
      ...tricks.map((name) => h("th", {scope: "col", class: "many-trick"}, config.titles[name] ?? name)),
      ...metricHeads(many),
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
      this.rows[index] = new Cells(t, config.metrics.length);
      return h("tr", {"data-arm": index}, h("th", {scope: "row"}, name), ...marks, ...this.rows[index].elements);
    });
    this.table.replaceChildren(h("thead", {}, h("tr", {}, head)), h("tbody", {}, body));
  }
}

/** Of tricks together: what each does when it is added to all the others, and alone, on the metric that is shown. */
export class PartsTable extends Painted {
  constructor(many) {
    super(many);
    this.table = h("table", {});
    this.element = h("div", {class: "many-table many-parts", tabindex: "0", role: "region"}, this.table);
  }

  paint() {
    if (!this.due) return;
    this.stale = false;
    const {lab: many} = this;
    const {t, config, metric} = many;
    const tricks = (many.spec?.arms ?? []).map((arm) => arm.tricks);
    const found = parts(many.store, tricks, metric, config.metrics);
    this.element.hidden = !found.some(({last, alone}) => Number.isFinite(last) || Number.isFinite(alone));
    const {better} = config.metrics.find(({name}) => name === metric);
    const state = JSON.stringify([found, metric]);
    if (state === this.state) return;
    this.state = state;
    const label = t("lab.many.parts", {metric: many.name(metric)});
    this.element.setAttribute("aria-label", label);
    const head = [label, t("lab.many.parts.last"), t("lab.many.parts.alone")].map((text) =>
      h("th", {scope: "col"}, text),
    );
    const cell = (difference, idle) =>
      idle
        ? h("td", {class: "many-idle"}, t("lab.many.parts.idle"))
        : h("td", {class: "many-difference", "data-way": WAYS[direction(difference, better)]}, signed(difference));
    const rows = found.map(({trick, last, alone, idle, idleAlone}) =>
      h(
        "tr",
        {"data-trick": trick},
        h("th", {scope: "row"}, config.titles[trick] ?? trick),
        cell(last, idle),
        cell(alone, idleAlone),
      ),
    );
    this.table.replaceChildren(h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows));
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
