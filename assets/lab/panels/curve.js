// A function that the knobs determine, and where the arm stands on it.

import {extremes} from "../charts/figure.js";
import {lastAtMost} from "../data/store.js";
import {measured} from "../data/text.js";
import {faint, SYMBOLS} from "../page/theme.js";
import {Inside} from "./inside.js";

/** A function the knobs determine, with the arm's moving point on it and the batch's histogram beneath. */
export class Curve extends Inside {
  figure() {
    const {lab, declared} = this;
    const {theme, present, font} = lab;
    const x = this.#drawn(declared.x);
    const ys = declared.y.map((name) => ({name, values: this.#drawn(name)})).filter(({values}) => values);
    if (!x || !ys.length)
      return {...this.waiting(), empty: lab.t(lab.store.run ? "lab.empty.soon" : "lab.empty.preview")};
    const color = theme.arms[lab.selected];
    const {tallest, data} = this.#histogram();
    const pasts = ys.map((_, which) => this.#past(which));
    ys.forEach(({name, values}, which) => {
      const past = pasts[which];
      const line = {
        color: which ? theme.muted : color,
        width: present ? 4 : which ? 1.6 : 2.4,
        dash: which ? ["solid", "dot", "dash", "dashdot"][which % 4] : "solid",
      };
      const curve = {type: "scatter", mode: "lines", name: lab.name(name), hovertemplate: "%{y:.3~g}"};
      const from = past ? x.findIndex((step) => step > lab.store.step) : 0;
      if (past) data.push({...curve, x: past.steps, y: past.values, line: {...line, shape: "hv"}}); // so until the next
      if (from < 0) return; // nothing is ahead any more
      const ahead = past ? {...line, width: line.width / 2, dash: "dot"} : line;
      data.push({...curve, x: x.slice(from), y: values.slice(from), line: ahead});
    });
    const points = this.#points();
    for (const {arm, at} of points) {
      const marker = {
        symbol: SYMBOLS[arm.index],
        size: present ? 16 : 11,
        color: theme.arms[arm.index],
        line: {color: theme.ground, width: 2},
      };
      data.push({type: "scatter", mode: "markers", name: arm.label, x: [at[0]], y: [at[1]], marker, cliponaxis: false});
    }
    const [left, right] = extremes(x);
    const shown = [...ys, ...pasts.filter(Boolean)];
    const inside = points.filter(({at}) => at[0] >= left && at[0] <= right).map(({at}) => at[1]);
    const [low, high] = extremes([...shown.flatMap(({values}) => Array.from(values)), ...inside]);
    const pad = 0.06 * Math.max(high - low, 1e-9, 1e-3 * Math.abs(high));
    const range = [low - pad, high + pad];
    const labeled = ys.length > 1 ? ys.map(({name}) => lab.name(name)) : [];
    const longest = Math.max(0, ...labeled.map((text) => text.length));
    const margin = {...this.margin, r: labeled.length ? longest * font * 0.55 + 30 : 18};
    const endsAt = labeled.map((text, i) => ({x: right, y: ys[i].values.at(-1), text, color: i ? theme.muted : color}));
    return {
      data,
      layout: {
        margin,
        hovermode: "x",
        bargap: 0.06,
        xaxis: this.axis({range: [left, right], title: declared.xlabel}),
        yaxis: this.axis({range, title: declared.ylabel, nticks: 4, tickformat: ".3~g"}),
        yaxis2: {overlaying: "y", range: [0, tallest * 3 || 1], visible: false, fixedrange: true},
        annotations: this.endLabels(endsAt, range, margin),
      },
      description: points
        .map(({arm, at}) => lab.t("lab.describe.point", {arm: arm.label, x: measured(at[0]), y: measured(at[1])}))
        .join("; "),
    };
  }

  // An array as the knobs make it; what is learned, as the arm has it.
  #drawn(name) {
    const {lab} = this;
    return lab.preview.get(name)?.values ?? (lab.store.run && this.array(this.#arm(), name)?.values);
  }

  // The curve's values at `x`, those of the past where they are past.
  #asItWas(x, values, past) {
    const {step} = this.lab.store;
    const at = (i) => (past && x[i] <= step ? past.values[Math.max(0, lastAtMost(past.steps, x[i]))] : values[i]);
    return values && Array.from(x, (_, i) => at(i));
  }

  // What was so up to now, in place of what the knobs would make of it today.
  #past(which) {
    const {lab, declared} = this;
    const name = declared.past?.[which];
    if (!name || !lab.store.run) return null;
    const series = lab.store.series(this.#arm().index, name);
    return series.steps.length ? series : null;
  }

  #arm() {
    return this.arms().find(({index}) => index === this.lab.selected) ?? this.arms()[0];
  }

  #points() {
    const {declared, lab} = this;
    if (!declared.point || !lab.store.run) return [];
    return this.arms()
      .map((arm) => ({arm, at: declared.point.map((name) => this.scalar(arm, name))}))
      .filter(({at}) => at.every((value) => Number.isFinite(value)));
  }

  /** @returns {{tallest: number, data: object[]}} */
  #histogram() {
    const {declared, lab} = this;
    const arm = declared.histogram && lab.store.run && this.#arm();
    const edges = arm && this.array(arm, declared.histogram.edges)?.values;
    const counts = arm && this.array(arm, declared.histogram.counts)?.values;
    if (!edges || !counts) return {tallest: 0, data: []};
    const middles = Array.from(counts, (_, i) => (edges[i] + edges[i + 1]) / 2);
    const widths = Array.from(counts, (_, i) => edges[i + 1] - edges[i]);
    const marker = {color: faint(lab.theme.arms[arm.index], lab.theme.dark ? 0.4 : 0.28)};
    const name = lab.name(declared.histogram.counts);
    const bars = {type: "bar", x: middles, width: widths, y: Array.from(counts), yaxis: "y2", marker, name};
    return {tallest: Math.max(...counts, 1e-9), data: [bars]};
  }

  rows() {
    const x = this.#drawn(this.declared.x);
    if (!x) return null;
    const every = Math.ceil(x.length / 50);
    const shown = Array.from(x, (_, i) => i).filter((i) => i % every === 0);
    const ys = this.declared.y.map((name, which) => this.#asItWas(x, this.#drawn(name), this.#past(which)));
    const head = [
      this.declared.xlabel || this.lab.name(this.declared.x),
      ...this.declared.y.map((name) => this.lab.name(name)),
    ];
    return {head, rows: shown.map((i) => [measured(x[i]), ...ys.map((values) => (values ? measured(values[i]) : ""))])};
  }
}
