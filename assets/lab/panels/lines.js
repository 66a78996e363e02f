// Numbers of the inside over the steps.

import {logNumbers} from "../charts/figure.js";
import {extent, pick, smooth, thin} from "../data/series.js";
import {count, measured} from "../data/text.js";
import {blend} from "../page/theme.js";
import {Inside} from "./inside.js";

const STOPPED = 0.1; // of the axis: a curve that ends so far before another of its arm has its name there, not at the present

/** Curves over the steps: a training curve of one number, or one line for each layer. */
export class OverSteps extends Inside {
  /** `{key, text, arm, steps, values, line}` of each curve. */
  curves() {
    const {store, name} = this.lab;
    const {arrays} = this.declared;
    const arms = this.arms();
    return arrays.flatMap((array, which) =>
      arms.map((arm) => {
        const label = [arrays.length > 1 ? name(array) : "", arms.length > 1 ? arm.label : ""]
          .filter(Boolean)
          .join(", ");
        const line = this.stroke(arm, which ? 0.75 : 1);
        if (which) line.color = blend(line.color, this.lab.theme.ground, Math.max(0.45, 1 - 0.3 * which));
        if (which && arm.index === 1) line.dash = ["solid", "dash", "dot", "dashdot"][which % 4];
        return {
          text: label,
          arm,
          line,
          noisy: store.arms[arm.index].rows.has(array),
          ...store.series(arm.index, array),
        };
      }),
    );
  }

  /** Level lines: the knobs that are levels on this panel's axis. */
  levels() {
    const {lab} = this;
    const {store, view} = lab;
    const tricks = this.arms().filter(({index}) => index > 0).length;
    return (this.declared.hlines ?? []).flatMap((name) =>
      this.arms().flatMap((arm) => {
        if (!(name in store.spec.arms[arm.index].knobs) && !(name in store.spec.settings)) return [];
        const place = store.axis(arm.index, view.x);
        const corners = store.stairs(arm.index, name);
        const values = corners.map(([, value]) => value);
        return [
          {
            text: tricks > 1 ? "" : lab.symbol(name),
            arm,
            x: corners.map(([step]) => place(step)),
            values,
            line: this.#level(arm),
          },
        ];
      }),
    );
  }

  #level(arm) {
    return {...this.stroke(arm, 0.7), color: this.lab.theme.text, dash: "dot"};
  }

  figure() {
    const {lab, declared} = this;
    const {store, view, t} = lab;
    if (!store.run) return this.waiting();
    const curves = this.curves().filter((curve) => curve.values.length);
    if (!curves.length) return this.waiting();
    const levels = this.levels();
    const end = store.axisEnd(view.x);
    const smoothed = curves.map((curve) =>
      curve.noisy && view.smooth > 1 ? {...curve, values: smooth(curve.steps, curve.values, view.smooth)} : curve,
    );
    const drawn = smoothed.map((curve) => {
      const points = pick(curve, thin([curve], 0, store.steps, 150));
      return {...curve, x: points.steps.map(store.axis(curve.arm.index, view.x)), values: points.values};
    });
    const found = extent([...drawn, ...levels], declared.log) ?? [0, 1];
    const [low, high] = declared.log ? found.map(Math.log10) : found;
    const range = this.follow("y", low, high);
    const at = Math.min(lab.nowAt(view.x), end);
    const newest = (arm) => Math.max(...drawn.map((one) => (one.arm.index === arm.index ? one.x.at(-1) : 0)));
    const ends = [...drawn, ...levels].flatMap(({text, arm, x, values, line}) => {
      const y = declared.log ? Math.log10(values.at(-1)) : values.at(-1);
      const hasStopped = newest(arm) - x.at(-1) > STOPPED * end; // such as what a turned knob has put an end to
      return text && Number.isFinite(y) ? [{x: hasStopped ? x.at(-1) : at, y, text, color: line.color}] : [];
    });
    const longest = Math.max(0, ...ends.map(({text}) => text.length));
    const margin = {
      ...this.margin,
      r: ends.length ? Math.min(longest * lab.font * 0.55 + 30, this.frame.width / 3) : 18,
    };
    const labels = this.endLabels(ends, range, margin);
    const traces = [...drawn, ...levels].map(({text, arm, x, values, line}) => ({
      type: "scatter",
      mode: x.length < 2 ? "markers" : "lines",
      name: text || arm.label,
      x,
      y: values,
      line,
      hovertemplate: "%{y:.3~g}",
    }));
    return {
      data: traces,
      layout: {
        margin,
        hovermode: "x unified",
        xaxis: this.axis({range: [0, end], title: t(`lab.axis.${view.x}`)}),
        yaxis: this.axis({
          range,
          type: declared.log ? "log" : "linear",
          title: declared.ylabel,
          nticks: 4,
          ...(declared.log ? logNumbers(range) : {tickformat: ".3~g"}),
        }),
        shapes: this.#cursor(),
        annotations: labels,
      },
      description: curves
        .map(({text, arm, values}) =>
          t("lab.describe.value", {name: text || arm.label, value: measured(values.at(-1))}),
        )
        .join("; "),
    };
  }

  #cursor() {
    const {cursorAt, theme} = this.lab;
    if (cursorAt === null) return [];
    const line = {color: theme.axis, width: 1};
    return [{type: "line", x0: cursorAt, x1: cursorAt, yref: "paper", y0: 0, y1: 1, line}];
  }

  rows() {
    const {store, t} = this.lab;
    if (!store.run) return null;
    const curves = this.curves();
    const steps = [...new Set(curves.flatMap(({steps}) => Array.from(steps)))].sort((a, b) => a - b);
    const every = Math.ceil(steps.length / 50);
    const chosen = steps.filter((_, i) => (i + 1) % every === 0);
    const cell = ({steps: at, values}, step) => {
      const index = at.findLastIndex((other) => other <= step);
      return index < 0 ? "" : measured(values[index]);
    };
    return {
      head: [t("lab.axis.step"), ...curves.map(({text, arm}) => text || arm.label)],
      rows: chosen.map((step) => [count(step), ...curves.map((curve) => cell(curve, step))]),
    };
  }
}
