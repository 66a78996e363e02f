// The inside of a trick, in a few kinds of panel fed by named arrays: those of the run's probes, or those the knobs
// alone determine (the preview).

import {Chart} from "./charts.js";
import {h, setFlag, setText} from "./dom.js";
import {captionOf, paintCaption} from "./pictures.js";
import {CalmRange, extent, pick, smooth, spread, thin} from "./series.js";
import {lastAtMost} from "./store.js";
import {count, measured} from "./text.js";
import {blend, channels, DASHES, faint, SYMBOLS} from "./theme.js";

const LEAST_HEIGHT = 152;
const TABS_HEIGHT = 32;
const SMALL_FONT = 12; // pixels, to which those heights belong

class Panel extends Chart {
  still = true;

  constructor(lab, declared) {
    super(lab, declared);
    this.declared = declared;
    this.calm = new Map();
  }

  reset() {
    this.calm.clear();
    this.touch();
  }

  /** The height below which it is not shown beside others. */
  get least() {
    return LEAST_HEIGHT;
  }

  /** The arms this panel shows. */
  arms() {
    const arms = this.lab.arms();
    return this.declared.arms === "all" ? arms : arms.filter((arm) => arm.index > 0);
  }

  /** The newest array of that name in an arm (at the cursor's step while a person points at one), or null. */
  array(arm, name) {
    if (this.lab.preview.has(name) && (this.declared.preview || !this.lab.store.probe(arm.index, name))) {
      return this.lab.preview.get(name);
    }
    return this.lab.store.probe(arm.index, name, this.lab.cursor ?? Infinity);
  }

  scalar(arm, name) {
    const {store, cursor} = this.lab;
    if (!store.run) return NaN;
    const {steps, values} = store.series(arm.index, name);
    const at = cursor === null ? values.length - 1 : steps.findLastIndex((step) => step <= cursor);
    return at < 0 ? NaN : values[at];
  }

  /** A range that follows the data calmly, one for each `key`. */
  follow(key, low, high, limits) {
    if (!this.calm.has(key)) this.calm.set(key, new CalmRange());
    return this.calm.get(key).follow([low, high], performance.now(), limits);
  }

  get margin() {
    const {font} = this.lab;
    return {l: Math.round(font * 4.3), r: 18, t: 6, b: Math.round(font * 2.8)};
  }

  waiting() {
    return {
      empty: this.lab.t(this.lab.store.run ? "lab.empty.soon" : "lab.empty.panel"),
      data: [{x: [], y: []}],
      layout: this.hidden(),
    };
  }

  hidden() {
    return {xaxis: {visible: false, fixedrange: true}, yaxis: {visible: false, fixedrange: true}, margin: this.margin};
  }

  stroke(arm, scale = 1) {
    const {theme, present} = this.lab;
    return {color: theme.arms[arm.index], width: Math.max(2 * scale, present ? 3 : 0), dash: DASHES[arm.index]};
  }

  /** Names at the right end of curves, pushed apart; `ends` are `{y, text, color}` in axis units. */
  endLabels(ends, x, range, margin) {
    const {font, theme} = this.lab;
    const height = this.plot.clientHeight - margin.t - margin.b;
    const pixels = ends.map(({y}) => (1 - (y - range[0]) / (range[1] - range[0])) * height);
    const apart = spread(pixels, font * 1.15, font * 0.4, height - font * 0.6); // clear of the axis
    return ends.map(({y, text, color}, i) => ({
      x,
      y,
      text: `<span style="color:${color}">━</span> ${text}`,
      showarrow: false,
      xanchor: "left",
      xshift: 3,
      yshift: pixels[i] - apart[i],
      font: {size: font, color: theme.text},
    }));
  }
}

const LEAST_PICTURE = 360; // pixels: of a saved picture's width, for its caption

/** Curves over the steps: a training curve of one number, or one line for each layer. */
class OverSteps extends Panel {
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
    const {store, view, t, theme} = lab;
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
    const [low, high] = declared.log ? found.map((value) => Math.log10(value)) : found;
    const range = this.follow("y", low, high);
    const ends = [...drawn, ...levels].flatMap(({text, x, values, line}) => {
      const value = declared.log ? Math.log10(values.at(-1)) : values.at(-1);
      return text && Number.isFinite(value) && x.length ? [{y: value, text, color: line.color}] : [];
    });
    const longest = Math.max(0, ...ends.map(({text}) => text.length));
    const margin = {
      ...this.margin,
      r: ends.length ? Math.min(longest * lab.font * 0.55 + 30, this.plot.clientWidth / 3) : 18,
    };
    const labels = this.endLabels(ends, Math.min(lab.nowAt(view.x), end), range, margin);
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
          ...(declared.log ? this.logTicks(range) : {tickformat: ".3~g"}),
        }),
        shapes: this.#cursor(theme),
        annotations: labels,
      },
      description: curves
        .map(({text, arm, values}) =>
          t("lab.describe.value", {name: text || arm.label, value: measured(values.at(-1))}),
        )
        .join("; "),
    };
  }

  #cursor(theme) {
    const {cursorAt} = this.lab;
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

/** One line for each layer or block over the steps: light for the first, full color for the last. */
class Layers extends OverSteps {
  curves() {
    const {store, theme, t, font} = this.lab;
    const arms = this.arms();
    const room = (this.plot.clientHeight - this.margin.t - this.margin.b) / (1.15 * font) / arms.length; // names
    return arms.flatMap((arm) => {
      const kept = store.arms[arm.index].probes.get(this.declared.array) ?? [];
      if (!kept.length) return [];
      const layers = kept.at(-1).values.length;
      const steps = Float64Array.from(kept, (probe) => probe.step);
      return Array.from({length: layers}, (_, layer) => {
        const share = layers > 1 ? 0.4 + (0.6 * layer) / (layers - 1) : 1;
        const line = {...this.stroke(arm, 0.9), color: blend(theme.arms[arm.index], theme.ground, share)};
        const named = layer === 0 || layer === layers - 1 || layers <= Math.min(room, 4);
        const label = this.declared.labels?.[layer] ?? t("lab.layer", {layer: layer + 1});
        const text = named ? [label, arms.length > 1 ? arm.label : ""].filter(Boolean).join(", ") : "";
        return {text, arm, line, noisy: false, steps, values: Float64Array.from(kept, (probe) => probe.values[layer])};
      });
    });
  }
}

/** A function the knobs determine, with the arm's moving point on it and the batch's histogram beneath. */
class Curve extends Panel {
  figure() {
    const {lab, declared} = this;
    const {theme, present, font} = lab;
    const x = this.#drawn(declared.x);
    const ys = declared.y.map((name) => ({name, values: this.#drawn(name)})).filter(({values}) => values);
    if (!x || !ys.length)
      return {...this.waiting(), empty: lab.t(lab.store.run ? "lab.empty.soon" : "lab.empty.preview")};
    const color = theme.arms[lab.selected];
    const data = this.#histogram();
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
      if (past) data.push({...curve, x: past.steps, y: past.values, line});
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
    const [left, right] = ends(x);
    const shown = [...ys, ...pasts.filter(Boolean)];
    const finite = shown.flatMap(({values}) => Array.from(values).filter((value) => Number.isFinite(value)));
    const inside = points.filter(({at}) => at[0] >= left && at[0] <= right).map(({at}) => at[1]);
    const [low, high] = [Math.min(...finite, ...inside), Math.max(...finite, ...inside)];
    const pad = 0.06 * Math.max(high - low, 1e-9, 1e-3 * Math.abs(high));
    const range = [low - pad, high + pad];
    const labeled = ys.length > 1 ? ys.map(({name}) => lab.name(name)) : [];
    const longest = Math.max(0, ...labeled.map((text) => text.length));
    const margin = {...this.margin, r: labeled.length ? longest * font * 0.55 + 30 : 18};
    const endsAt = labeled.map((text, i) => ({text, y: ys[i].values.at(-1), color: i ? theme.muted : color}));
    return {
      data,
      layout: {
        margin,
        hovermode: "x",
        bargap: 0.06,
        xaxis: this.axis({range: [left, right], title: declared.xlabel}),
        yaxis: this.axis({range, title: declared.ylabel, nticks: 4, tickformat: ".3~g"}),
        yaxis2: {overlaying: "y", range: [0, this.tallest * 3 || 1], visible: false, fixedrange: true},
        annotations: this.endLabels(endsAt, right, range, margin),
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

  #histogram() {
    const {declared, lab} = this;
    this.tallest = 0;
    if (!declared.histogram || !lab.store.run) return [];
    const arm = this.#arm();
    const edges = arm && this.array(arm, declared.histogram.edges)?.values;
    const counts = arm && this.array(arm, declared.histogram.counts)?.values;
    if (!edges || !counts) return [];
    this.tallest = Math.max(...counts, 1e-9);
    const middles = Array.from(counts, (_, i) => (edges[i] + edges[i + 1]) / 2);
    const widths = Array.from(counts, (_, i) => edges[i + 1] - edges[i]);
    const marker = {color: faint(lab.theme.arms[arm.index], lab.theme.dark ? 0.4 : 0.28)};
    const name = lab.name(declared.histogram.counts);
    return [{type: "bar", x: middles, width: widths, y: Array.from(counts), yaxis: "y2", marker, name}];
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

/** A few amounts side by side, one bar for each arm. */
class Bars extends Panel {
  #groups() {
    const {declared, lab} = this;
    const previewed = lab.preview.has(declared.array);
    const moving = previewed && (declared.preview || !lab.store.run);
    const arms = moving ? lab.arms().filter(({index}) => index === lab.selected) : this.arms();
    return arms.map((arm) => ({arm, values: this.array(arm, declared.array)?.values})).filter(({values}) => values);
  }

  #names(length) {
    return this.declared.labels ?? Array.from({length}, (_, i) => String(i));
  }

  figure() {
    const {declared, lab} = this;
    const groups = this.#groups();
    if (!groups.length) return this.waiting();
    const names = this.#names(groups[0].values.length);
    const all = groups.flatMap(({values}) => Array.from(values).filter((value) => Number.isFinite(value)));
    const [low, high] = [Math.min(0, ...all), Math.max(0, ...all)];
    const range = this.follow("y", low, high, low === 0 ? [0, Infinity] : undefined);
    return {
      data: groups.map(({arm, values}) => ({
        type: "bar",
        name: arm.label,
        x: names,
        y: Array.from(values),
        marker: {
          color: lab.theme.arms[arm.index],
          pattern: {shape: arm.index === 0 ? "/" : "", size: 5, solidity: 0.35},
        },
        hovertemplate: `%{x}: %{y:.3~g}`,
      })),
      layout: {
        margin: this.margin,
        bargap: 0.25,
        xaxis: this.axis({type: "category", title: declared.xlabel, showgrid: false, nticks: 12, tickangle: 0}),
        yaxis: this.axis({range, title: declared.ylabel, nticks: 4, tickformat: high < 1000 ? ".3~g" : ",.3~r"}),
      },
      description: groups
        .map(
          ({arm, values}) => `${arm.label}: ${Array.from(values, (v, i) => `${names[i]} ${measured(v)}`).join(", ")}`,
        )
        .join("; "),
    };
  }

  rows() {
    const groups = this.#groups();
    if (!groups.length) return null;
    const names = this.#names(groups[0].values.length);
    return {
      head: ["", ...groups.map(({arm}) => arm.label)],
      rows: names.map((name, i) => [name, ...groups.map(({values}) => measured(values[i]))]),
    };
  }
}

/**
 * Points in the plane, colored and marked by group, over a field where there is one; one square for each arm, or with
 * `paths` one for all of them.
 */
class Scatter extends Panel {
  constructor(lab, declared) {
    super(lab, declared);
    setFlag(this.element, "data-square", declared.paths);
  }

  get least() {
    return this.declared.paths ? 2 * LEAST_HEIGHT : LEAST_HEIGHT;
  }

  figure() {
    const {declared, lab} = this;
    const {theme, font} = lab;
    const shown = (lab.store.run ? this.arms() : lab.arms().filter(({index}) => index === lab.selected))
      .map((arm) => ({arm, x: this.array(arm, declared.x)?.values, y: this.array(arm, declared.y)?.values}))
      .filter(({x, y}) => x && y);
    if (!shown.length) return this.waiting();
    if (declared.paths) return this.#pathsFigure(shown);
    const data = [];
    const layout = {
      margin: {l: 4, r: 4, t: shown.length > 1 ? Math.round(font * 1.5) : 4, b: 4},
      annotations: [],
      shapes: [],
    };
    const width = 1 / shown.length;
    shown.forEach(({arm, x, y}, i) => {
      const suffix = i ? String(i + 1) : "";
      const [left, right, bottom, top] = this.#box(arm, x, y);
      data.push(...this.#field(arm, suffix), ...this.#points(arm, x, y, suffix));
      const domain = [i * width + (i ? 0.01 : 0), (i + 1) * width - (i < shown.length - 1 ? 0.01 : 0)];
      const bare = {showgrid: false, zeroline: false, showticklabels: false, fixedrange: true, ticks: ""};
      layout[`xaxis${suffix}`] = {...bare, domain, anchor: `y${suffix}`, range: [left, right]};
      layout[`yaxis${suffix}`] = {...bare, anchor: `x${suffix}`, range: [bottom, top]};
      if (shown.length > 1) {
        const place = {
          x: (domain[0] + domain[1]) / 2,
          y: 1,
          xref: "paper",
          yref: "paper",
          xanchor: "center",
          yanchor: "bottom",
        };
        layout.annotations.push({...place, text: arm.label, showarrow: false, font: {size: font, color: theme.text}});
      }
    });
    return {data, layout, description: lab.t("lab.describe.points", {count: count(shown[0].x.length)})};
  }

  /** All arms' paths over one ground, true to shape; from their ends arrows, thin for the first group of them. */
  #pathsFigure(shown) {
    const {declared, lab} = this;
    const [left, right, bottom, top] = this.#box(shown[0].arm, shown[0].x, shown[0].y);
    const scale = {
      type: "linear",
      showgrid: false,
      zeroline: false,
      showticklabels: false,
      fixedrange: true,
      ticks: "",
    };
    const data = [
      ...this.#ground(shown[0].arm),
      ...[...shown].reverse().flatMap(({arm, x, y}) => this.#path(arm, x, y)),
    ];
    const layout = {
      margin: {l: 4, r: 4, t: 4, b: 4},
      xaxis: {...scale, range: [left, right], constrain: "domain"},
      yaxis: {...scale, range: [bottom, top], constrain: "domain", scaleanchor: "x"},
    };
    const {t} = lab;
    const stand = ({arm, x, y}) => {
      const groups = this.array(arm, declared.group).values;
      const end = groups.lastIndexOf(0);
      return t("lab.describe.point", {arm: arm.label, x: measured(x[end]), y: measured(y[end])});
    };
    return {data, layout, description: shown.map(stand).join("; ")};
  }

  #ground(arm) {
    const [heat] = this.#field(arm, "");
    if (!heat) return [];
    const {theme} = this.lab;
    const levels = {start: 0.1, end: 0.9, size: 0.1, coloring: "none"};
    const line = {color: faint(theme.text, 0.22), width: 1};
    const colorscale = [
      [0, blend(theme.text, theme.ground, 0.22)],
      [1, theme.ground],
    ];
    const {x, y, z} = heat;
    return [
      {...heat, colorscale},
      {type: "contour", x, y, z, showscale: false, contours: levels, line, hoverinfo: "skip"},
    ];
  }

  #path(arm, x, y) {
    const {declared, lab} = this;
    const {theme} = lab;
    const groups = this.array(arm, declared.group).values;
    const of = (group) => Array.from(x, (_, i) => i).filter((i) => groups[i] === group);
    const line = this.stroke(arm);
    const kinds = [...new Set(groups)].sort((a, b) => a - b);
    return kinds.map((group) => {
      const at = of(group);
      const place = {x: at.map((i) => x[i]), y: at.map((i) => y[i])};
      if (group === 0) {
        const ending = (last, others) => at.map((_, i) => (i === at.length - 1 ? last : others));
        const marker = {color: line.color, size: ending(9, 2), line: {color: theme.ground, width: ending(1.5, 0)}};
        const text = `${arm.label}: %{x:.3g}, %{y:.3g}<extra></extra>`;
        return {type: "scatter", mode: "lines+markers", ...place, line, marker, hovertemplate: text};
      }
      const thin = group === 1;
      const marker = {
        symbol: "arrow",
        angleref: "previous",
        size: [0, thin ? 6 : 9],
        color: line.color,
        line: {width: 0},
      };
      const shaft = {color: line.color, width: thin ? 1.2 : 2.6};
      return {type: "scatter", mode: "lines+markers", ...place, line: shaft, marker, hoverinfo: "skip"};
    });
  }

  #box(arm, x, y) {
    const {field} = this.declared;
    if (field) {
      const [low, high] = [field.low, field.high].map((end) => (Array.isArray(end) ? end : [end, end]));
      return [low[0], high[0], low[1], high[1]];
    }
    const span = (values, key) => {
      const finite = Array.from(values).filter((value) => Number.isFinite(value));
      return this.follow(`${key}${arm.index}`, Math.min(...finite), Math.max(...finite));
    };
    return [...span(x, "x"), ...span(y, "y")];
  }

  #field(arm, suffix) {
    const {field} = this.declared;
    const values = field && this.lab.store.probe(arm.index, field.values, this.lab.cursor ?? Infinity);
    if (!values) return [];
    const {theme} = this.lab;
    const [rows, columns] = values.shape;
    const [low, high] = [field.low, field.high].map((end) => (Array.isArray(end) ? end : [end, end]));
    const line = (from, to, size) => Array.from({length: size}, (_, i) => from + ((to - from) * i) / (size - 1));
    const z = Array.from({length: rows}, (_, i) => Array.from(values.values.subarray(i * columns, (i + 1) * columns)));
    const place = {
      x: line(low[0], high[0], columns),
      y: line(low[1], high[1], rows),
      xaxis: `x${suffix}`,
      yaxis: `y${suffix}`,
    };
    const scale = [
      [0, blend(theme.groups[0], theme.ground, 0.45)],
      [0.5, theme.ground],
      [1, blend(theme.groups[1], theme.ground, 0.5)],
    ];
    const contours = {start: 0.5, end: 0.5, size: 1, coloring: "none"};
    const stroke = {color: theme.arms[arm.index], width: this.lab.present ? 4 : 2, dash: DASHES[arm.index]};
    return [
      {
        type: "heatmap",
        ...place,
        z,
        zmin: 0,
        zmax: 1,
        zsmooth: "best",
        showscale: false,
        colorscale: scale,
        hoverinfo: "skip",
      },
      {type: "contour", ...place, z, showscale: false, contours, line: stroke, hoverinfo: "skip"},
    ];
  }

  #points(arm, x, y, suffix) {
    const {declared, lab} = this;
    const {theme} = lab;
    const axes = {xaxis: `x${suffix}`, yaxis: `y${suffix}`};
    const labels = declared.group ? this.array(arm, declared.group)?.values : null;
    const groups = labels ? [...new Set(labels)].sort((a, b) => a - b) : [null];
    const size = x.length > 400 ? 4 : 6;
    return groups.map((group) => {
      const at = Array.from(x, (_, i) => i).filter((i) => group === null || labels[i] === group);
      const color = group === null ? theme.arms[arm.index] : theme.groups[group % theme.groups.length];
      const marker = {
        color,
        size,
        symbol: SYMBOLS[((group ?? 0) + 1) % SYMBOLS.length],
        line: {color: theme.ground, width: 0.8},
      };
      return {
        type: "scatter",
        mode: "markers",
        ...axes,
        x: at.map((i) => x[i]),
        y: at.map((i) => y[i]),
        marker,
        hovertemplate:
          group === null ? "%{x:.3g}, %{y:.3g}<extra></extra>" : `${group}: %{x:.3g}, %{y:.3g}<extra></extra>`,
      };
    });
  }

  rows() {
    const arm = this.arms()[0];
    const [x, y] = [this.declared.x, this.declared.y].map((name) => (arm ? this.array(arm, name)?.values : null));
    if (!x || !y) return null;
    const head = [this.declared.x, this.declared.y].map((name) => this.lab.name(name));
    return {head, rows: Array.from(x.slice(0, 50), (value, i) => [measured(value), measured(y[i])])};
  }
}

const FINE = 6; // dots for each of a picture's, where there are lines to draw on it

/** Small pictures in a grid, drawn straight onto a canvas; every arm has its own. */
class Images extends Panel {
  constructor(lab, declared) {
    super(lab, declared);
    this.screen = h("div", {class: "lab-images"});
    this.sheets = [];
    this.plot.append(this.screen);
    this.element.querySelector('[data-tool="svg"]').remove();
  }

  get due() {
    return this.stale && this.visible;
  }

  paint() {
    if (!this.due) return;
    this.stale = false;
    const {lab, declared} = this;
    const chosen = declared.preview ? lab.arms().filter(({index}) => index === lab.selected) : this.arms();
    const shown = (lab.store.run || declared.preview ? chosen : [])
      .map((arm) => ({arm, pictures: this.array(arm, declared.array)}))
      .filter(({pictures}) => pictures);
    setText(this.empty, shown.length ? "" : lab.t(lab.store.run ? "lab.empty.soon" : "lab.empty.panel"));
    this.screen.hidden = !shown.length;
    if (shown.length) this.#draw(shown);
  }

  #draw(shown) {
    const {declared} = this;
    const [n, height, width] = shown[0].pictures.shape;
    const columns = Math.min(declared.columns, n);
    const gap = 1;
    const across = columns * (width + gap) - gap;
    const down = Math.ceil(n / columns) * (height + gap) - gap;
    const place = (i) => [(i % columns) * (width + gap), Math.floor(i / columns) * (height + gap)];
    this.#arrange(shown, across, down);
    shown.forEach(({arm, pictures}, which) => {
      const {canvas, name} = this.sheets[which];
      const marks = declared.marks ? this.array(arm, declared.marks) : null;
      const fine = declared.boxes?.length || marks;
      const sheet = fine ? h("canvas") : canvas;
      sheet.width = across;
      sheet.height = down;
      const pen = sheet.getContext("2d");
      for (let i = 0; i < n; i += 1) {
        const one = pictures.values.subarray(i * height * width, (i + 1) * height * width);
        pen.putImageData(this.#picture(one, width, height), ...place(i));
      }
      if (fine) this.#enlarge(canvas, sheet);
      this.#drawBoxes(arm, canvas, place, width, height);
      if (marks) this.#drawMarks(canvas, marks.values, place, width, height);
      setText(name, shown.length > 1 ? arm.label : "");
      const told = this.lab.t("lab.describe.images", {count: count(n), arms: arm.label});
      const written = marks ? ` ${[...marks.values].join(" ")}` : "";
      canvas.setAttribute("aria-label", `${this.title}. ${told}${written}`);
    });
  }

  // Sheets of `across` by `down` dots, side by side or one above the other, as they are larger.
  #arrange(shown, across, down) {
    const {length} = shown;
    if (this.sheets.length !== length) {
      const sheet = () => ({name: h("span", {class: "lab-sheet-name"}), canvas: h("canvas", {role: "img"})});
      this.sheets = shown.map(sheet);
      this.screen.replaceChildren(...this.sheets.map(({name, canvas}) => h("div", {class: "lab-sheet"}, name, canvas)));
    }
    const {clientWidth: width, clientHeight: height} = this.plot;
    const beside = Math.min(width / length / across, height / down);
    const stacked = Math.min(width / across, height / length / down);
    this.beside = beside > stacked;
    setFlag(this.screen, "data-beside", this.beside);
  }

  // The sheet of pictures, large enough for thin lines and small figures.
  #enlarge(canvas, sheet) {
    canvas.width = sheet.width * FINE;
    canvas.height = sheet.height * FINE;
    const pen = canvas.getContext("2d");
    pen.imageSmoothingEnabled = false;
    pen.drawImage(sheet, 0, 0, canvas.width, canvas.height);
  }

  // A number below each picture's middle, in the four rows above its last two.
  #drawMarks(canvas, numbers, place, width, height) {
    const pen = canvas.getContext("2d");
    pen.font = `600 ${4.6 * FINE}px ${getComputedStyle(this.element).fontFamily}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillStyle = this.lab.theme.text;
    numbers.forEach((number, i) => {
      const [left, top] = place(i);
      pen.fillText(String(number), (left + width / 2) * FINE, (top + height - 3.8) * FINE);
    });
  }

  // Boxes on the pictures: the first in the arm's color, on top, the others dashed; all with a rim in the ground's color,
  // so as to be seen on any tone.
  #drawBoxes(arm, canvas, place, width, height) {
    const {theme} = this.lab;
    const pen = canvas.getContext("2d");
    [...(this.declared.boxes ?? []).entries()].reverse().forEach(([which, name]) => {
      const boxes = this.array(arm, name);
      for (let i = 0; i < (boxes?.shape[0] ?? 0); i += 1) {
        const [x, y, w, tall] = boxes.values.subarray(4 * i, 4 * i + 4);
        if (!(w > 0 && tall > 0)) continue;
        const [left, top] = place(i);
        pen.save();
        pen.scale(FINE, FINE);
        pen.beginPath();
        pen.rect(left, top, width, height);
        pen.clip();
        for (const [color, line] of [
          [theme.ground, 2],
          [which ? theme.text : theme.arms[arm.index], 1],
        ]) {
          pen.strokeStyle = color;
          pen.lineWidth = which ? line * 0.6 : line;
          pen.setLineDash(which === 0 ? [] : which === 1 ? [2, 1.5] : [0.6, 1.2]);
          pen.strokeRect(left + (x - w / 2) * width, top + (y - tall / 2) * height, w * width, tall * height);
        }
        pen.restore();
      }
    });
  }

  // From the ground's color to the text's, over the declared span or the values' own; a mask's lit places in the accent.
  #picture(values, width, height) {
    const {theme} = this.lab;
    const {span: told} = this.declared;
    const mask = !told && values.every((value) => value === 0 || value === 1);
    const [low, high] = mask ? [0, 1] : (told ?? ends(values));
    const lit = channels(mask ? theme.accent : theme.text);
    const back = channels(mask ? theme.soft : theme.ground);
    const image = new ImageData(width, height);
    const span = high - low || 1;
    for (let i = 0; i < values.length; i += 1) {
      const share = (values[i] - low) / span;
      for (let channel = 0; channel < 3; channel += 1) {
        image.data[4 * i + channel] = back[channel] + share * (lit[channel] - back[channel]);
      }
      image.data[4 * i + 3] = 255;
    }
    return image;
  }

  /** Saves the pictures as they are seen, the arms' names with them. */
  save(format) {
    if (!this.sheets.length) return;
    const {theme, font} = this.lab;
    const room = this.sheets.length > 1 ? 1.5 * font : 0; // for a name
    const sizes = this.sheets.map(({canvas}) => canvas.getBoundingClientRect());
    const [widths, heights] = [sizes.map(({width}) => width), sizes.map(({height}) => height + room)];
    const total = (lengths) => lengths.reduce((sum, length) => sum + length + font, -font);
    const most = (lengths) => Math.max(...lengths);
    const caption = captionOf(this.lab, this.title, DASHES);
    const width = Math.max(LEAST_PICTURE, (this.beside ? total : most)(widths));
    const look = {width, font, family: theme.family, color: theme.text, muted: theme.muted};
    const {top, bottom} = paintCaption(null, caption, {...look, height: 0});
    const height = (this.beside ? most : total)(heights) + top + bottom;
    const whole = h("canvas");
    [whole.width, whole.height] = [2 * width, 2 * height];
    const pen = whole.getContext("2d");
    pen.scale(2, 2);
    pen.fillStyle = theme.ground;
    pen.fillRect(0, 0, width, height);
    paintCaption(pen, caption, {...look, height});
    pen.imageSmoothingEnabled = false;
    pen.fillStyle = theme.text;
    pen.font = `${font}px ${theme.family}`;
    let [x, y] = [0, top];
    this.sheets.forEach(({canvas, name}, i) => {
      if (room) pen.fillText(name.textContent, x, y + font);
      pen.drawImage(canvas, x, y + room, sizes[i].width, sizes[i].height);
      if (this.beside) x += widths[i] + font;
      else y += heights[i] + font;
    });
    h("a", {download: `${this.filename()}.${format}`, href: whole.toDataURL(`image/${format}`)}).click();
  }
}

const KINDS = {lines: OverSteps, layers: Layers, curve: Curve, bars: Bars, scatter: Scatter, images: Images};

/** The panels of a trick, as many at once as there is room for; the others are one click away. */
export class Panels {
  constructor(lab) {
    const {config, t} = lab;
    this.lab = lab;
    this.panels = config.panels.map((declared) => new KINDS[declared.kind](lab, declared));
    this.first = 0;
    this.tabs = h("div", {class: "lab-tabs", role: "tablist", "aria-label": t("lab.inside")});
    this.buttons = this.panels.map((panel, index) => {
      const open = () => {
        this.first = index;
        this.arrange();
      };
      return h("button", {type: "button", role: "tab", onclick: open}, panel.title);
    });
    this.tabs.append(...this.buttons);
    this.box = h("div", {class: "lab-panels"}, ...this.panels.map((panel) => panel.element));
    this.element = h("section", {class: "lab-inside", "aria-label": t("lab.inside")}, this.tabs, this.box);
    this.sizes = new ResizeObserver(() => this.arrange());
    this.sizes.observe(this.element);
  }

  /** Shows as many panels as fit, the chosen one first among them. */
  arrange() {
    const {panels, lab} = this;
    const {run} = lab.store;
    this.run = run;
    const room = lab.narrow ? (run ? Infinity : 0) : this.element.clientHeight; // a phone scrolls past no empty ones
    const scale = lab.font / SMALL_FONT;
    const all = panels.reduce((sum, {least}) => sum + scale * least, 0) <= room;
    this.tabs.hidden = all;
    const shown = new Set();
    let left = room - (all ? 0 : scale * TABS_HEIGHT);
    for (let i = 0; i < panels.length; i += 1) {
      const index = (this.first + i) % panels.length;
      left -= scale * panels[index].least;
      if (i > 0 && left < 0) break;
      shown.add(index);
    }
    panels.forEach((panel, index) => {
      const hidden = !all && !shown.has(index);
      this.buttons[index].setAttribute("aria-selected", String(all || shown.has(index)));
      panel.element.style.order = String((index - this.first + panels.length) % panels.length);
      if (panel.element.hidden !== hidden) {
        panel.element.hidden = hidden;
        panel.touch();
      }
    });
  }

  touch(urgent) {
    if (this.lab.store.run !== this.run) this.arrange();
    for (const panel of this.panels) panel.touch(urgent);
  }

  destroy() {
    this.sizes.disconnect();
    for (const panel of this.panels) panel.destroy();
  }
}

function ends(values) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}
