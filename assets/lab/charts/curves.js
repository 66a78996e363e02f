// What the seeds of a study show over the steps: their curves, their mean and its band.

import {CalmRange, extent} from "../data/series.js";
import {count, measured} from "../data/text.js";
import {DASHES, faint, SYMBOLS} from "../page/theme.js";
import {Chart} from "./chart.js";
import {axisOf, endNames, lastOfEach, within} from "./figure.js";

const NARROW = 300; // pixels: no room for names beside the curves
const TABLE_ROWS = 50;

/**
 * The figure of curves over the steps: thin lines, bands, and names at the ends.
 *
 * @param {object} chart its `zoom`, the calm `range` of its y axis, its `width` and `height`
 * @param {{look: number, label: string, seeds: Map, band: object}[]} drawn of each arm a curve by seed, and their band
 * @param {{empty: string, also?: number[], shapes?: object[], annotations?: object[]}} more what is said where there are
 *   no bands yet, values that the axis must show, and what else is drawn
 */
export function curvesFigure(lab, chart, drawn, more, now) {
  const {empty, also = [], shapes = [], annotations = []} = more;
  const {font, t} = lab;
  const shown = drawn.flatMap(({seeds, band}) => [
    ...[...seeds.values()].map(({values}) => ({values})),
    ...(band ? [{values: band.mean}] : []),
  ]);
  const found = extent([...shown, ...also.map((value) => ({values: [value]}))], false) ?? [0, 1];
  const yrange = chart.zoom?.yaxis ?? chart.range.follow(found, now);
  const [from, until] = chart.zoom?.xaxis ?? [0, lab.store.head.steps ?? lab.steps];
  const longest = Math.max(0, ...drawn.map(({label}) => label.length));
  const narrow = chart.width < NARROW;
  const right = narrow ? 12 : within(longest * font * 0.52 + 28, 64, 176);
  const margin = {l: Math.round(font * 4.2), r: right, t: 20, b: Math.round(font * 2.9)};
  const height = chart.height - margin.t - margin.b;
  const has = drawn.filter(({band}) => band?.steps.length);
  const ends = has.flatMap((one) => endOf(lab, one, until));
  const names = endNames(lab, ends, yrange, height, {gap: 1.25, foot: 0.2, shift: 4, clip: true});
  return {
    empty: has.length ? "" : empty,
    data: [
      ...drawn.flatMap((one) => thinLines(lab, one)),
      ...has.flatMap((one) => bandOf(lab, one)),
      ...(has.length ? has.map((one) => meanLine(lab, one)) : [{x: [], y: []}]),
    ],
    layout: {
      margin,
      hovermode: "x unified",
      xaxis: axisOf(lab, false, {
        range: [from, until],
        title: t("lab.axis.step"),
        unifiedhovertitle: {text: `${t("lab.unit.step")} %{x:,.4~r}`},
      }),
      yaxis: axisOf(lab, false, {range: yrange, tickformat: ".3~g", nticks: 5}),
      shapes,
      annotations: [...annotations, ...(narrow ? [] : names)],
    },
    description: has.map((one) => told(lab, one)).join("; "),
  };
}

/** The bands as a table, at no more steps than a person reads. */
export function bandRows({t}, drawn) {
  const has = drawn.filter(({band}) => band?.steps.length);
  if (!has.length) return null;
  const head = [t("lab.axis.step"), ...has.flatMap(({label}) => [label, t("lab.seeds.low"), t("lab.seeds.high")])];
  const cells = (step) =>
    has.flatMap(({band: {steps, mean, low, high}}) => {
      const i = steps.indexOf(step);
      return [mean, low, high].map((values) => (i < 0 ? "" : measured(values[i])));
    });
  const steps = lastOfEach(has[0].band.steps, TABLE_ROWS);
  return {head, rows: steps.map((step) => [count(step), ...cells(step)])};
}

/** The interval at one place of a band, or of one row of a table; empty where there is none. */
export function interval(t, {low, high}) {
  return Number.isFinite(low) ? t("lab.seeds.interval", {low: measured(low), high: measured(high)}) : "";
}

// All seeds of an arm are one trace, with gaps between.
function thinLines({theme}, {look, seeds}) {
  if (!seeds.size) return [];
  const curves = [...seeds.values()];
  const [x, y] = ["steps", "values"].map((axis) => curves.flatMap((curve) => [...curve[axis], null]));
  const line = {color: faint(theme.arms[look], Math.min(0.5, 3.2 / seeds.size + 0.08)), width: 1};
  return [{type: "scatter", mode: "lines", x, y, line, hoverinfo: "skip", connectgaps: false}];
}

function bandOf({theme}, {look, band: {steps, low, high}}) {
  const at = [...steps.keys()].filter((i) => Number.isFinite(low[i]) && Number.isFinite(high[i]));
  const edge = {type: "scatter", mode: "lines", x: at.map((i) => steps[i]), line: {width: 0}, hoverinfo: "skip"};
  const fillcolor = faint(theme.arms[look], theme.dark ? 0.34 : 0.26);
  return [
    {...edge, y: at.map((i) => low[i])},
    {...edge, y: at.map((i) => high[i]), fill: "tonexty", fillcolor},
  ];
}

function meanLine({theme, t}, {look, label, band: {steps, mean, low, high}}) {
  return {
    type: "scatter",
    mode: steps.length < 2 ? "lines+markers" : "lines",
    name: label,
    x: steps,
    y: mean,
    customdata: Array.from(mean, (_, i) => interval(t, {low: low[i], high: high[i]})),
    line: {color: theme.arms[look], width: 2.6, dash: DASHES[look]},
    marker: {symbol: SYMBOLS[look], color: theme.arms[look], size: 6},
    hovertemplate: "%{y:.3~g} %{customdata}",
  };
}

function endOf({theme}, {look, label, band: {steps, mean}}, until) {
  const at = mean.findLastIndex((value, i) => Number.isFinite(value) && steps[i] <= until);
  return at < 0 ? [] : [{x: steps[at], y: mean[at], text: label, color: theme.arms[look]}];
}

function told({t}, {label, band: {mean, low, high}}) {
  const at = mean.findLastIndex((value) => Number.isFinite(value));
  return [label, ...(at < 0 ? [] : [measured(mean[at]), interval(t, {low: low[at], high: high[at]})])]
    .filter(Boolean)
    .join(" ");
}

/** A chart of curves over the steps, whose range follows them calmly. */
export class Curves extends Chart {
  range = new CalmRange();

  reset() {
    this.range.reset();
    this.setZoom(null);
  }
}

/** A metric of every arm over the steps, from every seed. */
export class SeedCurves extends Curves {
  constructor(lab) {
    super(lab, {id: "seeds", title: lab.curvesTitle()});
  }

  figure() {
    this.retitle(this.lab.curvesTitle());
    return curvesFigure(this.lab, this, seedCurves(this.lab), {empty: this.lab.waitingText()}, performance.now());
  }

  rows() {
    return bandRows(this.lab, seedCurves(this.lab));
  }
}

function seedCurves(lab) {
  const {store, metric, point} = lab;
  return lab.arms().map(({index, look, label}) => {
    return {look, label, seeds: store.seeds(index, metric, point), band: store.band(index, metric, point)};
  });
}
