// What a chart of the race shows: curves thinned and smoothed, the names at their ends, and what was done to the run.
//
// `chart` is what the chart alone knows: the names of its `traces`, whether its axis is `log`, whether it is the
// `first`, its `zoom`, the calm `range` of its y axis, and its `width` and `height`.

import {extent, pick, smooth, thin} from "../data/series.js";
import {isTest, lastAtMost, tableOf} from "../data/store.js";
import {count, measured} from "../data/text.js";
import {blend, DASHES, faint, SYMBOLS} from "../page/theme.js";
import {axisOf, endNames, logNumbers, safe, within} from "./figure.js";

const MARK_GAP = 0.04; // of the x range: turns closer than this are one drag, and are one mark
const MARKED_PX = 10; // tests at least so far apart on the screen are marked, each
const NARROW = 460; // pixels: no room for names beside the curves
const TABLE_ROWS = 50;
const SHARES = ["accuracy", "ece", "precision", "recall"]; // metrics between 0 and 1

/** The figure, and the `key` that says which line is which where there is no room to say so on the chart. */
export function raceFigure(lab, chart, now) {
  const {store, view, t, font, present} = lab;
  const {traces, log} = chart;
  const unit = view.x;
  const [from, to] = chart.zoom?.xaxis ?? [0, store.run ? store.axisEnd(unit) : lab.plannedEnd(unit)];
  const curves = store.run ? curvesOf(lab, chart, from, to) : [];
  const yrange = chart.zoom?.yaxis ?? chart.range.follow(wanted(lab, chart, curves), now, limits(chart));
  const narrow = chart.width < NARROW && !present;
  const longest = Math.max(0, ...lab.arms().map((arm) => arm.label.length)) + (lab.labelsTraces ? 7 : 0);
  const right = narrow ? 18 : within(longest * font * 0.52 + 24, 64, present ? 480 : 176);
  const [l, r, top, b] = [font * 4.2, right, font * 1.5, font * 2.9].map(Math.round);
  const [width, height] = [chart.width - l - r, chart.height - top - b];
  const data = [...ghosts(lab, traces, from, to), ...curves.flatMap((curve) => drawn(lab, traces, curve))];
  const marks = store.run ? turns(lab, from, to, width) : {shapes: [], annotations: []};
  const names = narrow ? [] : endings(lab, chart, curves, {from, to, yrange, height});
  const failed = failures(lab, log, curves, yrange);
  return {
    key: narrow && traces.length > 1 ? t("lab.key") : "",
    empty: store.run || !chart.first ? "" : lab.waitingText(),
    data: data.length ? [...data, ...failed.data] : [{x: [], y: []}],
    layout: {
      margin: {l, r, t: top, b},
      hovermode: "x unified",
      xaxis: axisOf(lab, false, {
        range: [from, to],
        title: t(`lab.axis.${unit}`),
        nticks: within(Math.floor(width / (4 * font)), 2, 6),
        tickangle: 0,
        unifiedhovertitle: {text: unit === "seconds" ? `%{x:.3s} s` : `${t(`lab.unit.${unit}`)} %{x:,.4~r}`},
      }),
      yaxis: axisOf(lab, false, {
        range: yrange,
        type: log ? "log" : "linear",
        ...(log ? logNumbers(yrange) : {tickformat: ".3~g", nticks: 5}),
      }),
      shapes: [...marks.shapes, ...pastAt(lab)],
      annotations: [...names, ...marks.annotations, ...failed.annotations],
    },
    description: described(lab, traces),
  };
}

/** The values that the curve of `name` shows: a mean over so many steps, but tests as they are. */
export function shownValues(name, steps, raw, smoothing) {
  return !isTest(name) && smoothing > 1 ? smooth(steps, raw, smoothing) : raw;
}

/** What a zoom of one chart of the race makes of another's, since they share their x axis; null: nothing. */
export function sharedZoom(own, other) {
  if (`${own?.xaxis}` === `${other?.xaxis}`) return null;
  const {xaxis: _xaxis, ...rest} = own ?? {};
  const zoom = other?.xaxis ? {...rest, xaxis: other.xaxis} : rest;
  return {zoom: Object.keys(zoom).length ? zoom : null};
}

/** The curves as a table, at no more steps than a person reads; null before there is a run. */
export function raceRows(lab, traces) {
  const {store, t} = lab;
  if (!store.run) return null;
  const columns = lab.arms().flatMap((arm) => traces.map((name) => ({arm, name})));
  const head = [t("lab.axis.step"), ...columns.map(({arm, name}) => `${arm.label}, ${lab.name(name)}`)];
  const counted = Math.min(TABLE_ROWS, store.step);
  const steps = Array.from({length: counted}, (_, i) => Math.round(((i + 1) / counted) * store.step));
  const cell = ({arm, name}, step) => {
    if (step > endOf(store.arms[arm.index])) return "";
    const table = tableOf(store.arms[arm.index], name);
    const at = lastAtMost(table.view("step"), step);
    return at < 0 ? "" : measured(table.view(name)[at]);
  };
  return {head, rows: steps.map((step) => [count(step), ...columns.map((column) => cell(column, step))])};
}

// The step up to which there is anything of an arm, which may have ended before the others.
function endOf({rows, tests}) {
  return Math.max(...[rows, tests].map((table) => table.last("step")).filter(Number.isFinite));
}

/** Which color, dash and marker an arm has: its own, or that of its place; a `dash` of its own goes before, a `weak` one is fainter. */
function look({look: own, index}) {
  return own ?? index;
}

function limits({traces, log}) {
  if (log) return [-8, Infinity];
  const bounded = traces.every((name) => SHARES.some((word) => name.includes(word)));
  return bounded ? [-0.02, 1.02] : [-Infinity, Infinity];
}

// Each curve as it is drawn between two places of the x axis: at steps that all arms share. In `faintly` is what
// smoothing leaves faint, which keeps its own peaks; `apart` is how many pixels lie between two tests.
function curvesOf(lab, {traces, width}, from, to) {
  const {store, view} = lab;
  const widest = within(width / 2, 120, 500);
  return traces.flatMap((name) => {
    const test = isTest(name);
    const whole = lab.arms().map((arm) => {
      const table = tableOf(store.arms[arm.index], name);
      const [steps, raw] = [table.view("step"), table.view(name)];
      const values = shownValues(name, steps, raw, view.smooth);
      return {arm, name, test, steps, values, raw, place: store.axis(arm.index, view.x)};
    });
    const group = whole.filter(({values}) => values.length);
    const spans = group.map(({arm}) => store.stepsBetween(view.x, from, to, arm.index));
    const thinned = (curves) => new Set(curves.flatMap((curve, i) => [...thin([curve], ...spans[i], widest)]));
    const chosen = thinned(group);
    const roughly = group.map(({steps, raw}) => ({steps, values: raw}));
    const rough = thinned(roughly);
    return group.map((curve, i) => {
      const points = pick(curve, chosen);
      const faintly = curve.values === curve.raw ? null : pick(roughly[i], rough);
      const {steps} = curve;
      const every = test && steps.length > 1 ? (steps.at(-1) - steps[0]) / (steps.length - 1) : 0;
      const [first, last] = spans[i];
      const apart = (every / (last - first)) * width;
      return {...curve, ...points, x: points.steps.map(curve.place), faintly, apart};
    });
  });
}

// The extent of what is shown, in units of the axis; of the run before this one its tests are.
function wanted({store, view, ghost}, {traces, log}, curves) {
  const shown = curves.map(({arm, values}) => ({values, ended: Boolean(store.failure(arm.index))}));
  const before = (view.ghost && ghost?.arms) || [];
  const tests = before.flatMap(({tests}) => traces.filter(isTest).map((name) => ({values: tests.view(name)})));
  const found = extent([...shown, ...tests], log);
  if (!found) return log ? [-1, 1] : [0, 1];
  return log ? found.map(Math.log10) : found;
}

function styleOf({theme, present}, traces, {arm, test}) {
  const strong = !arm.weak && (test || traces.length === 1);
  const width = Math.max((strong ? 2.4 : 1.6) * (present ? 1.7 : 1), present ? 3 : 0);
  const color = theme.arms[look(arm)];
  return {color: strong ? color : blend(color, theme.ground, 0.72), width, dash: arm.dash ?? DASHES[look(arm)]};
}

// What a curve is called: by its arm, and where there are several quantities by a short name of its own.
function called(lab, traces, {arm, name}) {
  if (traces.length === 1) return arm.label;
  const alone = isTest(name) && traces.filter(isTest).length === 1;
  const short = name === "train_loss" ? lab.t("lab.short.train") : alone ? lab.t("lab.short.test") : lab.name(name);
  return `${arm.label}, ${short}`;
}

function drawn(lab, traces, curve) {
  const {arm, x, values, steps, apart, faintly} = curve;
  const {theme, present, view} = lab;
  const line = styleOf(lab, traces, curve);
  const {color} = line;
  const rough = faintly && {
    type: "scatter",
    mode: "lines",
    x: faintly.steps.map(curve.place),
    y: faintly.values,
    line: {color: faint(theme.arms[look(arm)], theme.dark ? 0.3 : 0.24), width: present ? 3 : 1},
    hoverinfo: "skip",
  };
  const trace = {
    type: "scatter",
    mode: apart >= MARKED_PX || values.length < 2 ? "lines+markers" : "lines",
    name: safe(called(lab, traces, curve)),
    x,
    y: values,
    customdata: steps,
    line,
    marker: {symbol: SYMBOLS[look(arm)], size: present ? 9 : 5, color, line: {color, width: 1.2}},
    hovertemplate: view.x === "step" ? "%{y:.3~g}" : "%{y:.3~g} (%{customdata:,})",
    connectgaps: false,
  };
  return rough ? [rough, trace] : [trace];
}

// The run before this one: the same hues, faint, and not in the hover.
function ghosts({ghost, view, theme, present}, traces, from, to) {
  if (!ghost || !view.ghost) return [];
  const scale = ghost.steps / ghost.axisEnd(view.x);
  return ghost.arms.flatMap((arm, index) =>
    traces.flatMap((name) => {
      const table = tableOf(arm, name);
      const [steps, raw] = [table.view("step"), table.view(name)];
      if (!steps.length) return [];
      const curve = {steps, values: isTest(name) ? raw : smooth(steps, raw, Math.max(view.smooth, 10))};
      const points = pick(curve, thin([curve], from * scale, to * scale, 150));
      const line = {color: faint(theme.arms[index], 0.32), width: present ? 3 : 1.4, dash: DASHES[index]};
      const x = points.steps.map(ghost.axis(index, view.x));
      return [{type: "scatter", mode: "lines", x, y: points.values, line, hoverinfo: "skip"}];
    }),
  );
}

// The names at the curves' last points between two places of the x axis.
function endings(lab, {traces, log}, curves, {from, to, yrange, height}) {
  const ends = curves.flatMap((curve) => {
    const {x, values} = curve;
    const last = x.findLastIndex((at, i) => at <= to && at >= from && Number.isFinite(values[i]));
    const y = log ? Math.log10(values[last]) : values[last];
    if (!Number.isFinite(y)) return [];
    return [{x: x[last], y, text: called(lab, traces, curve), color: styleOf(lab, traces, curve).color}];
  });
  const ground = lab.view.ghost ? {bgcolor: faint(lab.theme.ground, 0.75)} : {};
  const names = endNames(lab, ends, yrange, height, {gap: 1.25, foot: 0.6, shift: 4, clip: true});
  return names.map((name) => ({...name, ...ground, borderpad: 1}));
}

// Vertical marks where knobs were turned: one for each drag, shaded from its first turn to its last, which is named.
/** Where one looks back. */
function pastAt({past = null, store, view, theme, present}) {
  if (past === null) return [];
  const x = store.axis(0, view.x)(past);
  return [{type: "line", x0: x, x1: x, yref: "paper", y0: 0, y1: 1, line: {color: theme.text, width: present ? 4 : 2}}];
}

function turns(lab, from, to, pixels) {
  const {store, view, theme, font, present} = lab;
  const drags = [];
  const place = store.axis(0, view.x);
  for (const event of store.events) {
    const x = place(event.step);
    const same = drags.findLast((drag) => drag.event.name === event.name && drag.event.arm === event.arm);
    if (same && x - same.x < MARK_GAP * (to - from)) Object.assign(same, {x, event});
    else drags.push({first: x, x, event});
  }
  const shapes = [];
  const annotations = [];
  const taken = [];
  for (const {first, x, event} of drags.toReversed()) {
    if (x < from || x > to) continue;
    const color = event.arm === null ? theme.muted : theme.arms[event.arm];
    const tall = {yref: "paper", y0: 0, y1: 1, layer: "below"};
    shapes.push({type: "line", x0: x, x1: x, ...tall, line: {color, width: present ? 3 : 1, dash: "dot"}});
    if (first < x) {
      const shade = {line: {width: 0}, fillcolor: faint(color, 0.1)};
      shapes.push({type: "rect", x0: Math.max(first, from), x1: x, ...tall, ...shade});
    }
    const text = `${lab.symbol(event.name)} ${lab.valueText(event.name, event.value)}`;
    const half = (text.length * font * 0.55 + 10) / 2;
    const pixel = ((x - from) / (to - from)) * pixels;
    const middle = within(pixel, half, pixels - half + font * 2);
    if (taken.some(([left, right]) => middle + half > left && middle - half < right)) continue;
    taken.push([middle - half, middle + half]);
    const at = {x, y: 1, yref: "paper", yanchor: "bottom", xanchor: "center", xshift: middle - pixel};
    annotations.push({...at, text, showarrow: false, font: {size: font, color: theme.text}, borderpad: 0});
  }
  return {shapes, annotations};
}

// An arm that ended: a cross where its curve stops, with step and knobs.
function failures(lab, log, curves, yrange) {
  const {store, theme, t, font, present} = lab;
  const [low, high] = log ? yrange.map((end) => 10 ** end) : yrange;
  const found = store.failures.flatMap((failure) => {
    const curve = curves.find(({arm}) => arm.index === failure.arm);
    const last = curve?.values.findLastIndex((value) => Number.isFinite(value) && (!log || value > 0)) ?? -1;
    if (last < 0) return [];
    const [x, y] = [curve.x[last], within(curve.values[last], low, high)];
    const marker = {symbol: "x", size: present ? 16 : 11, color: theme.arms[look(curve.arm)]};
    const cross = {type: "scatter", mode: "markers", x: [x], y: [y], marker, hoverinfo: "skip", cliponaxis: false};
    const told = {
      x,
      y: log ? Math.log10(y) : y,
      text: t("lab.failure.mark", {step: count(failure.step), knobs: lab.knobsText(failure.knobs)}),
      showarrow: false,
      xanchor: "left",
      xshift: 10,
      yshift: font * (y > (low + high) / 2 ? -2.2 : 2.2), // clear of the name at the end of the curve
      font: {size: font, color: theme.text},
      bgcolor: faint(theme.ground, 0.85),
    };
    return [[cross, told]];
  });
  return {data: found.map(([cross]) => cross), annotations: found.map(([, told]) => told)};
}

function described(lab, traces) {
  const {store, t} = lab;
  if (!store.run) return t("lab.describe.empty");
  const parts = lab.arms().flatMap((arm) => {
    const step = endOf(store.arms[arm.index]);
    return traces.map((name) => {
      const value = measured(tableOf(store.arms[arm.index], name).last(name));
      const told = t("lab.describe.curve", {arm: arm.label, metric: lab.name(name), value});
      return step > 0 && step < store.step ? t("lab.describe.ended", {curve: told, step: count(step)}) : told;
    });
  });
  return `${t("lab.describe.race", {step: count(store.step), steps: count(store.steps)})} ${parts.join("; ")}.`;
}
