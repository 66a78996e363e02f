// A metric over the values of a knob: of a run with many arms, and of a study over seeds.

import {logarithmic} from "../data/scale.js";
import {standing, standingCells} from "../data/standings.js";
import {measured} from "../data/text.js";
import {setText} from "../page/dom.js";
import {faint} from "../page/theme.js";
import {Chart} from "./chart.js";
import {axisOf, extremes} from "./figure.js";

/** How a knob's values lie along an axis: as numbers, by steps or by factors, or as choices, each a place of its own. */
export function along(values, numeric, textOf) {
  const log = numeric && logarithmic(values);
  const across = (value) => (numeric ? (log ? Math.log10(value) : value) : values.indexOf(value));
  const [first, last] = extremes(values.map(across));
  const place = (value) => (numeric ? value : textOf(value));
  return {numeric, log, across, first, last, place, none: !values.length};
}

// The axis of such values, with `room` at either end (a share of it) or half a place.
function knobAxis(lab, {numeric, log, first, last, none}, title, room) {
  const side = none ? 0 : numeric ? (last - first || 1) * room : 0.5;
  const type = numeric ? (log ? "log" : "linear") : "category";
  const format = numeric ? {tickformat: ".2~g"} : {};
  return axisOf(lab, true, {title, type, range: [first - side, last + side], ...format});
}

// The axis of the metric, with room around `values`.
function metricAxis(lab, values) {
  const [low, high] = extremes(values);
  const room = (high - low || Math.abs(high) || 1) * 0.12;
  return axisOf(lab, true, {range: [low - room, high + room], nticks: 5, tickformat: ".3~g"});
}

/** Where the knob changes nothing: a line across, and its name. Nothing where that is not on the axis. */
export function neutralMark({theme, t, font}, neutral, {across, log, first, last, none}) {
  const at = neutral === null || neutral === undefined ? NaN : across(neutral);
  if (none || !(at >= first && at <= last)) return {shapes: [], annotations: []};
  const x = log ? neutral : at; // of a log axis shapes take the value, annotations its logarithm
  const line = {color: theme.muted, width: 1, dash: "dot"};
  const name = {showarrow: false, yref: "paper", font: {size: font, color: theme.muted}};
  return {
    shapes: [{type: "line", x0: x, x1: x, yref: "paper", y0: 0, y1: 1, line, layer: "below"}],
    annotations: [{...name, x: at, y: 1, yanchor: "bottom", text: t("lab.neutral")}],
  };
}

// Words at the foot of a chart, where nothing could be drawn.
function atFoot({theme, font}, x, text) {
  return {showarrow: false, yref: "paper", font: {size: font, color: theme.muted}, y: 0, yanchor: "bottom", x, text};
}

/** Where the arms of a sweep of `knob` stand, each at its value. */
export function armPoints(lab, knob) {
  const labels = lab.labels();
  const arms = lab.spec?.arms.slice(1) ?? [];
  return arms.map(({knobs}, i) => {
    return {x: knobs[knob], label: labels[i + 1], ...standing(lab.store, i + 1, lab.metric)};
  });
}

/** The metric as last measured at each value whose arm has not ended, and the baseline as a level. */
export function armResponse(lab, name) {
  const {theme, t, font, store, metric} = lab;
  const knob = lab.declared(name);
  const all = armPoints(lab, name);
  const points = all.filter(({value, ended}) => Number.isFinite(value) && !ended);
  const baseline = standing(store, 0, metric);
  const plain = baseline.ended ? NaN : baseline.value;
  const values = all.map(({x}) => x);
  const axis = along(values, !knob?.choices.length, (value) => lab.valueText(name, value));
  const title = [knob?.symbol, knob?.label, knob?.unit && `(${knob.unit})`].filter(Boolean).join(" ");
  const neutral = neutralMark(lab, knob?.neutral, axis);
  const level = {type: "line", xref: "paper", x0: 0, x1: 1, y0: plain, y1: plain};
  const named = {showarrow: false, font: {size: font, color: theme.muted}, xref: "paper", x: 1, xanchor: "left"};
  const measuredPlain = Number.isFinite(plain);
  return {
    empty: points.length || all.some(({ended}) => ended) ? "" : t("lab.many.empty.response"),
    data: [
      {
        type: "scatter",
        mode: axis.numeric ? "lines+markers" : "markers",
        x: points.map(({x}) => axis.place(x)),
        y: points.map(({value}) => value),
        line: {color: theme.accent, width: 2},
        marker: {
          color: points.map(({x}) => (x === knob?.neutral ? theme.ground : theme.accent)),
          size: 8,
          line: {color: theme.accent, width: 2},
        },
        hovertemplate: "%{x}: %{y:.3~g}<extra></extra>",
      },
    ],
    layout: {
      margin: {l: Math.round(font * 4.2), r: 70, t: 20, b: Math.round(font * 2.9)},
      xaxis: knobAxis(lab, axis, title, 0.05),
      yaxis: metricAxis(lab, [...points.map(({value}) => value), plain]),
      shapes: [
        ...(measuredPlain ? [{...level, line: {color: theme.arms[0], width: 2, dash: "dash"}}] : []),
        ...neutral.shapes,
      ],
      annotations: [
        ...(measuredPlain ? [{...named, xshift: 4, y: plain, text: t("lab.arm.baseline")}] : []),
        ...all.filter(({ended}) => ended).map(({x}) => atFoot(lab, axis.across(x), t("lab.many.ended"))),
        ...neutral.annotations,
      ],
    },
    description: points.map(({label, value}) => `${label}: ${measured(value)}`).join("; "),
  };
}

/** The same as a table. */
export function armResponseRows(lab, name) {
  const rows = armPoints(lab, name).map((arm) => [lab.valueText(name, arm.x), ...standingCells(arm, lab.t)]);
  return {head: [lab.symbol(name), lab.name(lab.metric), lab.t("lab.many.difference")], rows};
}

/** What is told of the points that were measured. */
export function measuredPoints({store, metric}) {
  return store.response(metric).filter(({mean}) => Number.isFinite(mean));
}

/** Mean and band of a point in words. */
export function toldOf({t}, {mean, low, high}) {
  return `${measured(mean)} ${t("lab.seeds.interval", {low: measured(low), high: measured(high)})}`;
}

/** The metric at the end over the values of one knob: mean and 95 % band, and where seeds diverged. */
export function seedResponse(lab) {
  const {theme, t, font, store, metric} = lab;
  const [{name, values}] = lab.axes();
  const rows = measuredPoints(lab);
  const axis = along(
    values,
    values.every((value) => typeof value === "number"),
    (value) => lab.valueText(name, value),
  );
  const placeOf = (row) => axis.place(row.values[name]);
  const color = theme.accent;
  const bounded = rows.filter(({low, high}) => Number.isFinite(low) && Number.isFinite(high));
  const edge = {type: "scatter", mode: "lines", x: bounded.map(placeOf), line: {width: 0}, hoverinfo: "skip"};
  const shade = {fill: "tonexty", fillcolor: faint(color, theme.dark ? 0.34 : 0.26)};
  const band = [
    {...edge, y: bounded.map(({low}) => low)},
    {...edge, y: bounded.map(({high}) => high), ...shade},
  ];
  const bars = {
    type: "data",
    symmetric: false,
    array: rows.map(({high, mean}) => high - mean),
    arrayminus: rows.map(({mean, low}) => mean - low),
    color,
  };
  const neutral = neutralMark(lab, store.head.neutral?.[name] ?? lab.declared(name)?.neutral, axis);
  const diverged = store.response(metric).filter(({num_diverged}) => num_diverged > 0);
  return {
    empty: rows.length ? "" : lab.waitingText(),
    data: [
      ...(axis.numeric ? band : []),
      {
        type: "scatter",
        mode: axis.numeric ? "lines+markers" : "markers",
        x: rows.map(placeOf),
        y: rows.map(({mean}) => mean),
        ...(axis.numeric ? {} : {error_y: bars}),
        line: {color, width: 2.4},
        marker: {
          color: rows.map(({point}) => (point === lab.point ? theme.ground : color)),
          size: rows.map(({point}) => (point === lab.point ? 12 : 8)),
          line: {color, width: 2.4},
        },
        customdata: rows.map((row) => {
          return `${t("lab.seeds.interval", {low: measured(row.low), high: measured(row.high)})}, n = ${row.n}`;
        }),
        hovertemplate: "%{x}: %{y:.3~g} %{customdata}<extra></extra>",
      },
    ],
    layout: {
      margin: {l: Math.round(font * 4.2), r: 16, t: 20, b: Math.round(font * 2.9)},
      hovermode: "closest",
      xaxis: knobAxis(lab, axis, lab.axisTitle(name), 0.06),
      yaxis: metricAxis(
        lab,
        rows.flatMap(({mean, low, high}) => [mean, low, high]),
      ),
      shapes: neutral.shapes,
      annotations: [
        ...diverged.map(({values: at, num_diverged, n}) => {
          const told = t("lab.seeds.diverged", {count: num_diverged, seeds: n + num_diverged});
          return atFoot(lab, axis.across(at[name]), told);
        }),
        ...neutral.annotations,
      ],
    },
    description: rows.map((row) => `${lab.knobsText(row.values)}: ${toldOf(lab, row)}`).join("; "),
  };
}

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

  figure() {
    if (this.lab.sweptKnob() !== this.knob) this.rename();
    return armResponse(this.lab, this.knob);
  }

  rows() {
    return armResponseRows(this.lab, this.knob);
  }
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

/** Over the values of one knob. */
export class SeedResponse extends OverKnobs {
  figure() {
    this.retitle();
    return seedResponse(this.lab);
  }

  bind() {
    super.bind();
    this.plot.on("plotly_click", ({points}) => {
      const row = measuredPoints(this.lab)[points.at(-1)?.pointIndex];
      if (row) this.lab.choose(row.point);
    });
  }
}
