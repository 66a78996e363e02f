// A metric over the values of a knob: of a run with many arms, and of a study over seeds.

import {logarithmic} from "../data/scale.js";
import {signed, standing} from "../data/standings.js";
import {measured} from "../data/text.js";
import {setText} from "../page/dom.js";
import {faint} from "../page/theme.js";
import {Chart} from "./chart.js";

/** The metric as last measured over the knob that is swept. */
export class ArmResponse extends Chart {
  still = true;

  constructor(many) {
    super(many, {id: "response", title: ""});
    this.rename();
  }

  rename() {
    const {lab} = this;
    const knob = lab.declared(lab.sweptKnob());
    this.knob = knob?.name;
    this.retitle(lab.t("lab.many.response", {metric: lab.name(lab.metric), knob: knob?.label ?? ""}));
  }

  #points() {
    const {lab} = this;
    const arms = lab.spec?.arms ?? [];
    const labels = lab.labels();
    return arms.slice(1).map(({knobs}, i) => ({
      x: knobs[this.knob],
      label: labels[i + 1],
      ...standing(lab.store, i + 1, lab.metric),
    }));
  }

  figure() {
    const {lab} = this;
    if (lab.sweptKnob() !== this.knob) this.rename();
    const {theme, t, font} = lab;
    const knob = lab.declared(this.knob);
    const all = this.#points();
    const points = all.filter(({value}) => Number.isFinite(value));
    const {value: plain} = standing(lab.store, 0, lab.metric);
    const numeric = !knob?.choices.length;
    const xs = all.map(({x}) => x);
    const log = numeric && logarithmic(xs);
    const at = (x) => (numeric ? (log ? Math.log10(x) : x) : lab.valueText(this.knob, x));
    const ys = [...points.map(({value}) => value), plain].filter((value) => Number.isFinite(value));
    const [low, high] = ys.length ? [Math.min(...ys), Math.max(...ys)] : [0, 1];
    const room = (high - low || Math.abs(high) || 1) * 0.12;
    const marked = points.map(({x}) => x === knob?.neutral);
    const title = [knob?.symbol, knob?.label, knob?.unit && `(${knob.unit})`].filter(Boolean).join(" ");
    const {shapes, annotations} = this.#levels(plain, knob, xs, {numeric, log});
    const place = numeric ? points.map(({x}) => x) : points.map(({x}) => at(x));
    return {
      empty: points.length ? "" : t("lab.many.empty.response"),
      data: [
        {
          type: "scatter",
          mode: numeric ? "lines+markers" : "markers",
          x: place,
          y: points.map(({value}) => value),
          line: {color: theme.accent, width: 2},
          marker: {
            color: marked.map((one) => (one ? theme.ground : theme.accent)),
            size: 8,
            line: {color: theme.accent, width: 2},
          },
          hovertemplate: "%{x}: %{y:.3~g}<extra></extra>",
        },
      ],
      layout: {
        margin: {l: Math.round(font * 4.2), r: 70, t: 20, b: Math.round(font * 2.9)},
        xaxis: this.axis({
          title,
          ...(numeric
            ? {type: log ? "log" : "linear", range: padded(xs.map(at)), tickformat: ".2~g"}
            : {type: "category", range: [-0.5, all.length - 0.5]}),
        }),
        yaxis: this.axis({range: [low - room, high + room], nticks: 5, tickformat: ".3~g"}),
        shapes,
        annotations,
      },
      description: points.map(({label, value}) => `${label}: ${measured(value)}`).join("; "),
    };
  }

  // The baseline as a level, and where the knob changes nothing.
  #levels(plain, knob, xs, {numeric, log}) {
    const {theme, t, font} = this.lab;
    const shapes = [];
    const annotations = [];
    const text = {showarrow: false, font: {size: font, color: theme.muted}};
    if (Number.isFinite(plain)) {
      const line = {color: theme.arms[0], width: 2, dash: "dash"};
      shapes.push({type: "line", xref: "paper", x0: 0, x1: 1, y0: plain, y1: plain, line});
      annotations.push({
        ...text,
        xref: "paper",
        x: 1,
        xanchor: "left",
        xshift: 4,
        y: plain,
        text: t("lab.arm.baseline"),
      });
    }
    const neutral = knob?.neutral;
    if (neutral === null || neutral === undefined || !xs.length) return {shapes, annotations};
    const x = numeric ? neutral : xs.indexOf(neutral);
    const inside = numeric ? neutral >= Math.min(...xs) && neutral <= Math.max(...xs) : x >= 0;
    if (!inside) return {shapes, annotations};
    const line = {color: theme.muted, width: 1, dash: "dot"};
    shapes.push({type: "line", x0: x, x1: x, yref: "paper", y0: 0, y1: 1, line, layer: "below"});
    annotations.push({
      ...text,
      x: numeric && log ? Math.log10(x) : x,
      yref: "paper",
      y: 1,
      yanchor: "bottom",
      text: t("lab.neutral"),
    });
    return {shapes, annotations};
  }

  rows() {
    const {lab} = this;
    const rows = this.#points().map(({x, value, difference}) => [
      lab.valueText(this.knob, x),
      measured(value),
      signed(difference),
    ]);
    return {head: [lab.symbol(this.knob), lab.name(lab.metric), lab.t("lab.many.difference")], rows};
  }
}

function padded(ends) {
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const room = (high - low || 1) * 0.05;
  return Number.isFinite(low) ? [low - room, high + room] : [0, 1];
}

/** The metric at the end over the values of the knobs swept. */
export class OverKnobs extends Chart {
  still = true;

  constructor(lab) {
    super(lab, {id: "response", title: lab.responseTitle()});
  }

  retitle() {
    this.title = this.lab.responseTitle();
    setText(this.name, this.title);
  }

  rows() {
    return this.lab.responseRows();
  }
}

/** Over the values of one knob: mean and 95 % band. */
export class SeedResponse extends OverKnobs {
  figure() {
    const {lab} = this;
    const {theme, t, font, store} = lab;
    this.retitle();
    const [axis] = lab.axes();
    const knob = lab.declared(axis.name);
    const told = store.response(lab.metric);
    const rows = told.filter(({mean}) => Number.isFinite(mean));
    const numeric = axis.values.every((value) => typeof value === "number");
    const log = numeric && logarithmic(axis.values);
    const place = (value) => (numeric ? value : lab.valueText(axis.name, value));
    const across = (value) => (numeric ? (log ? Math.log10(value) : value) : axis.values.indexOf(value));
    const xs = rows.map(({values}) => place(values[axis.name]));
    const ends = rows.flatMap(({mean, low, high}) => [mean, low, high]).filter((value) => Number.isFinite(value));
    const [low, high] = ends.length ? [Math.min(...ends), Math.max(...ends)] : [0, 1];
    const room = (high - low || Math.abs(high) || 1) * 0.12;
    const neutral = store.head.neutral?.[axis.name] ?? knob?.neutral;
    const color = theme.accent;
    const bounded = rows.filter((row) => Number.isFinite(row.low) && Number.isFinite(row.high));
    const edge = {
      type: "scatter",
      mode: "lines",
      x: bounded.map(({values}) => place(values[axis.name])),
      line: {width: 0},
      hoverinfo: "skip",
    };
    const band = numeric
      ? [
          {...edge, y: bounded.map((row) => row.low)},
          {
            ...edge,
            y: bounded.map((row) => row.high),
            fill: "tonexty",
            fillcolor: faint(color, theme.dark ? 0.34 : 0.26),
          },
        ]
      : [];
    const bars = {
      type: "data",
      symmetric: false,
      array: rows.map((row) => row.high - row.mean),
      arrayminus: rows.map((row) => row.mean - row.low),
      color,
    };
    const reach = axis.values.map(across).filter(Number.isFinite);
    const [first, last] = [Math.min(...reach), Math.max(...reach)];
    const side = numeric ? (last - first || 1) * 0.06 : 0.5;
    return {
      empty: rows.length ? "" : lab.waitingText(),
      data: [
        ...band,
        {
          type: "scatter",
          mode: numeric ? "lines+markers" : "markers",
          x: xs,
          y: rows.map(({mean}) => mean),
          ...(numeric ? {} : {error_y: bars}),
          line: {color, width: 2.4},
          marker: {
            color: rows.map(({point}) => (point === lab.point ? theme.ground : color)),
            size: rows.map(({point}) => (point === lab.point ? 12 : 8)),
            line: {color, width: 2.4},
          },
          customdata: rows.map(
            (row) => `${t("lab.seeds.interval", {low: measured(row.low), high: measured(row.high)})}, n = ${row.n}`,
          ),
          hovertemplate: "%{x}: %{y:.3~g} %{customdata}<extra></extra>",
        },
      ],
      layout: {
        margin: {l: Math.round(font * 4.2), r: 16, t: 20, b: Math.round(font * 2.9)},
        hovermode: "closest",
        xaxis: this.axis({
          title: lab.axisTitle(axis.name),
          ...(numeric
            ? {type: log ? "log" : "linear", range: [first - side, last + side], tickformat: ".2~g"}
            : {type: "category", range: [first - side, last + side]}),
        }),
        yaxis: this.axis({range: [low - room, high + room], nticks: 5, tickformat: ".3~g"}),
        ...this.#marks(told, axis, neutral, across, {first, last, log}),
      },
      description: rows
        .map(
          (row) =>
            `${lab.knobsText(row.values)}: ${measured(row.mean)} ${t("lab.seeds.interval", {low: measured(row.low), high: measured(row.high)})}`,
        )
        .join("; "),
    };
  }

  // Where the knob changes nothing, and where seeds diverged.
  #marks(told, axis, neutral, across, {first, last, log}) {
    const {theme, t, font} = this.lab;
    const shapes = [];
    const text = {showarrow: false, yref: "paper", font: {size: font, color: theme.muted}};
    const annotations = told
      .filter((row) => row.num_diverged > 0)
      .map((row) => ({
        ...text,
        x: across(row.values[axis.name]),
        y: 0,
        yanchor: "bottom",
        text: t("lab.seeds.diverged", {count: row.num_diverged, seeds: row.n + row.num_diverged}),
      }));
    const at = neutral === null || neutral === undefined ? NaN : across(neutral);
    if (at >= first && at <= last) {
      const x = log ? neutral : at; // of a log axis shapes take the value, annotations its logarithm
      shapes.push({
        type: "line",
        x0: x,
        x1: x,
        yref: "paper",
        y0: 0,
        y1: 1,
        line: {color: theme.muted, width: 1, dash: "dot"},
        layer: "below",
      });
      annotations.push({...text, x: at, y: 1, yanchor: "bottom", text: t("lab.neutral")});
    }
    return {shapes, annotations};
  }

  bind() {
    super.bind();
    this.plot.on("plotly_click", ({points}) => {
      const row = this.lab.store.response(this.lab.metric).filter(({mean}) => Number.isFinite(mean))[
        points.at(-1)?.pointIndex
      ];
      if (row) this.lab.choose(row.point);
    });
  }
}
