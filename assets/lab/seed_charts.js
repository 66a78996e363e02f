// Charts of many seeds: a thin line for each, mean and 95 % band over them, differences, and answers to a knob.

import {Chart} from "./charts.js";
import {setText} from "./dom.js";
import {CalmRange, extent, spread} from "./series.js";
import {count, measured, number} from "./text.js";
import {DASHES, faint, SYMBOLS} from "./theme.js";

const TABLE_ROWS = 50;

// What charts of curves over the steps share: thin lines, bands, and names at the ends.
class Curves extends Chart {
  constructor(lab, parts) {
    super(lab, parts);
    this.range = new CalmRange();
  }

  reset() {
    this.range.reset();
    this.setZoom(null);
  }

  // `drawn` are {look, label, seeds: Map seed -> curve, band}; `also` is a value that the axis must show.
  draw(drawn, {empty, also = [], shapes = [], annotations = []}) {
    const {lab} = this;
    const {font, t} = lab;
    const to = lab.store.head.steps ?? lab.steps;
    const shown = drawn.flatMap(({seeds, band}) => [
      ...[...seeds.values()].map(({values}) => ({values})),
      ...(band ? [{values: band.mean}] : []),
    ]);
    const found = extent([...shown, ...also.map((value) => ({values: [value]}))], false) ?? [0, 1];
    const yrange = this.zoom?.yaxis ?? this.range.follow(found, performance.now());
    const [from, until] = this.zoom?.xaxis ?? [0, to];
    const size = font;
    const longest = Math.max(0, ...drawn.map(({label}) => label.length));
    const narrow = this.plot.clientWidth < 300;
    const margin = {
      l: Math.round(size * 4.2),
      r: narrow ? 12 : Math.min(Math.max(64, longest * size * 0.52 + 28), 176),
      t: 20,
      b: Math.round(size * 2.9),
    };
    const height = this.plot.clientHeight - margin.t - margin.b;
    const has = drawn.filter(({band}) => band?.steps.length);
    return {
      empty: has.length ? "" : empty,
      data: [
        ...drawn.flatMap((one) => this.#thin(one)),
        ...has.flatMap((one) => this.#band(one)),
        ...(has.length ? has.map((one) => this.#mean(one)) : [{x: [], y: []}]),
      ],
      layout: {
        margin,
        hovermode: "x unified",
        xaxis: this.axis({
          range: [from, until],
          title: t("lab.axis.step"),
          unifiedhovertitle: {text: `${t("lab.unit.step")} %{x:,.4~r}`},
        }),
        yaxis: this.axis({range: yrange, tickformat: ".3~g", nticks: 5}),
        shapes,
        annotations: [...annotations, ...(narrow ? [] : this.#ends(has, {until, yrange, size, height}))],
      },
      description: has.map(({label, band}) => this.#told(label, band)).join("; "),
    };
  }

  // All seeds of an arm are one trace, with gaps between.
  #thin({look, seeds}) {
    if (!seeds.size) return [];
    const x = [];
    const y = [];
    for (const {steps, values} of seeds.values()) {
      x.push(...steps, null);
      y.push(...values, null);
    }
    const alpha = Math.min(0.5, 3.2 / seeds.size + 0.08);
    const line = {color: faint(this.lab.theme.arms[look], alpha), width: 1};
    return [{type: "scatter", mode: "lines", x, y, line, hoverinfo: "skip", connectgaps: false}];
  }

  #band({look, band}) {
    const at = Array.from(band.low, (_, i) => i).filter(
      (i) => Number.isFinite(band.low[i]) && Number.isFinite(band.high[i]),
    );
    const edge = {type: "scatter", mode: "lines", x: at.map((i) => band.steps[i]), line: {width: 0}, hoverinfo: "skip"};
    const color = faint(this.lab.theme.arms[look], this.lab.theme.dark ? 0.34 : 0.26);
    return [
      {...edge, y: at.map((i) => band.low[i])},
      {...edge, y: at.map((i) => band.high[i]), fill: "tonexty", fillcolor: color},
    ];
  }

  #mean({look, label, band}) {
    const {theme, t} = this.lab;
    const told = (i) =>
      Number.isFinite(band.low[i])
        ? t("lab.seeds.interval", {low: measured(band.low[i]), high: measured(band.high[i])})
        : "";
    return {
      type: "scatter",
      mode: band.steps.length < 2 ? "lines+markers" : "lines",
      name: label,
      x: band.steps,
      y: band.mean,
      customdata: Array.from(band.mean, (_, i) => told(i)),
      line: {color: theme.arms[look], width: 2.6, dash: DASHES[look]},
      marker: {symbol: SYMBOLS[look], color: theme.arms[look], size: 6},
      hovertemplate: "%{y:.3~g} %{customdata}",
    };
  }

  #ends(has, {until, yrange, size, height}) {
    const {theme} = this.lab;
    const placed = has.flatMap(({look, label, band}) => {
      const at = band.mean.findLastIndex((value, i) => Number.isFinite(value) && band.steps[i] <= until);
      if (at < 0) return [];
      const share = Math.min(Math.max((band.mean[at] - yrange[0]) / (yrange[1] - yrange[0]), 0), 1);
      return [
        {look, label, x: band.steps[at], y: yrange[0] + share * (yrange[1] - yrange[0]), pixel: (1 - share) * height},
      ];
    });
    const pixels = placed.map(({pixel}) => pixel);
    const apart = spread(pixels, size * 1.25, size * 0.4, height - size * 0.2);
    return placed.map(({look, label, x, y, pixel}, i) => ({
      x,
      y,
      text: `<span style="color:${theme.arms[look]}">━</span> ${label}`,
      showarrow: false,
      xanchor: "left",
      xshift: 4,
      yshift: pixel - apart[i],
      font: {size, color: theme.text},
    }));
  }

  #told(label, band) {
    const at = band.mean.findLastIndex((value) => Number.isFinite(value));
    if (at < 0) return label;
    const interval = {low: measured(band.low[at]), high: measured(band.high[at])};
    const known = Number.isFinite(band.low[at]) ? ` ${this.lab.t("lab.seeds.interval", interval)}` : "";
    return `${label} ${measured(band.mean[at])}${known}`;
  }

  // The bands as a table, at no more steps than a person reads.
  bandRows(drawn) {
    const {t} = this.lab;
    const has = drawn.filter(({band}) => band?.steps.length);
    if (!has.length) return null;
    const head = [t("lab.axis.step"), ...has.flatMap(({label}) => [label, t("lab.seeds.low"), t("lab.seeds.high")])];
    const {steps} = has[0].band;
    const stride = Math.max(1, Math.ceil(steps.length / TABLE_ROWS));
    const at = Array.from(steps, (_, i) => i).filter((i) => (steps.length - 1 - i) % stride === 0);
    const cells = (step) =>
      has.flatMap(({band}) => {
        const i = band.steps.indexOf(step);
        return i < 0 ? ["", "", ""] : [measured(band.mean[i]), measured(band.low[i]), measured(band.high[i])];
      });
    return {head, rows: at.map((i) => [count(steps[i]), ...cells(steps[i])])};
  }
}

/** A metric of every arm over the steps, from every seed. */
export class SeedCurves extends Curves {
  constructor(lab) {
    super(lab, {id: "seeds", title: lab.curvesTitle()});
  }

  #drawn() {
    const {store, metric, point} = this.lab;
    return this.lab.arms().map(({index, look, label}) => {
      return {look, label, seeds: store.seeds(index, metric, point), band: store.band(index, metric, point)};
    });
  }

  figure() {
    this.retitle(this.lab.curvesTitle());
    return this.draw(this.#drawn(), {empty: this.lab.waitingText()});
  }

  rows() {
    return this.bandRows(this.#drawn());
  }
}

/** What each arm is above or below the baseline of the same seed, over the steps. */
export class SeedDifferences extends Curves {
  constructor(lab) {
    super(lab, {id: "difference", title: ""});
  }

  #drawn() {
    const {store, metric} = this.lab;
    return this.lab
      .arms()
      .filter(({index}) => index > 0)
      .map(({index, look, label}) => {
        return {look, label, seeds: store.differences(index, metric), band: store.difference(index, metric)};
      });
  }

  figure() {
    const {lab} = this;
    const {theme, t, font, metric} = lab;
    this.retitle(t("lab.seeds.difference", {metric: lab.name(metric)}));
    const line = {color: theme.text, width: 1.5};
    const zero = {type: "line", xref: "paper", x0: 0, x1: 1, y0: 0, y1: 0, line, layer: "below"};
    const better = lab.better(metric);
    const said = better === "lower" ? ["lab.many.worse", "lab.many.better"] : ["lab.many.better", "lab.many.worse"];
    const text = {
      xref: "paper",
      yref: "paper",
      x: 0,
      xanchor: "left",
      xshift: 6,
      showarrow: false,
      font: {size: font, color: theme.muted},
    };
    const sides = better
      ? [
          {...text, y: 1, yanchor: "top", text: `↑ ${t(said[0])}`},
          {...text, y: 0, yanchor: "bottom", text: `↓ ${t(said[1])}`},
        ]
      : [];
    return this.draw(this.#drawn(), {empty: lab.waitingText(true), also: [0], shapes: [zero], annotations: sides});
  }

  rows() {
    return this.bandRows(this.#drawn());
  }
}

/** The metric at the end over the values of the knobs swept. */
class Response extends Chart {
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
export class SeedResponse extends Response {
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

/** Over the values of two knobs, as a map whose cells open their curves. */
export class SeedMap extends Response {
  figure() {
    const {lab} = this;
    const {theme, t, font, store} = lab;
    this.retitle();
    const [one, two] = lab.axes();
    const told = store.response(lab.metric);
    const cell = (x, y) => told.find(({values}) => values[one.name] === x && values[two.name] === y);
    const grid = two.values.map((y) => one.values.map((x) => cell(x, y)));
    const z = grid.map((row) => row.map((found) => (Number.isFinite(found?.mean) ? found.mean : null)));
    const means = z.flat().filter((value) => value !== null);
    const [low, high] = means.length ? [Math.min(...means), Math.max(...means)] : [0, 1];
    const shade = [
      [0, faint(theme.accent, 0)],
      [1, faint(theme.accent, 0.75)],
    ];
    const better = lab.better(lab.metric);
    const roomy = this.plot.clientWidth / Math.max(1, one.values.length) > 52;
    const shown = (found) => {
      if (!found) return "";
      const lost = found.num_diverged
        ? `<br>${t("lab.seeds.diverged", {count: found.num_diverged, seeds: found.n + found.num_diverged})}`
        : "";
      return Number.isFinite(found.mean)
        ? `${number(found.mean, roomy ? 3 : 2)}${roomy ? lost : lost && " †"}`
        : lost && "†";
    };
    const at = told.find(({point}) => point === lab.point);
    const shapes = [];
    if (at) {
      const [x, y] = [one.values.indexOf(at.values[one.name]), two.values.indexOf(at.values[two.name])];
      shapes.push({
        type: "rect",
        x0: x - 0.5,
        x1: x + 0.5,
        y0: y - 0.5,
        y1: y + 0.5,
        line: {color: theme.text, width: 2.5},
      });
    }
    const names = (axis) =>
      axis.values.map(
        (value) =>
          `${lab.valueText(axis.name, value)}${store.head.neutral?.[axis.name] === value ? ` (${t("lab.neutral")})` : ""}`,
      );
    const axisOf = (axis) =>
      this.axis({
        title: lab.axisTitle(axis.name),
        tickvals: axis.values.map((_, i) => i),
        ticktext: names(axis),
        range: [-0.5, axis.values.length - 0.5],
        showgrid: false,
      });
    const longest = Math.max(...names(two).map((text) => text.length));
    return {
      empty: means.length ? "" : lab.waitingText(),
      data: [
        {
          type: "heatmap",
          z,
          x: one.values.map((_, i) => i),
          y: two.values.map((_, i) => i),
          zmin: low,
          zmax: high > low ? high : low + 1,
          colorscale: shade,
          reversescale: better === "lower",
          showscale: means.length > 0,
          colorbar: {
            thickness: 10,
            outlinewidth: 0,
            nticks: 5,
            tickformat: ".3~g",
            tickfont: {size: font, color: theme.muted},
            title: {text: lab.name(lab.metric), side: "right", font: {size: font, color: theme.muted}},
          },
          xgap: 2,
          ygap: 2,
          text: grid.map((row) => row.map(shown)),
          texttemplate: "%{text}",
          textfont: {size: font, color: theme.text},
          customdata: grid.map((row) =>
            row.map((found) =>
              found
                ? `${lab.knobsText(found.values)}: ${measured(found.mean)} ${t("lab.seeds.interval", {low: measured(found.low), high: measured(found.high)})}, n = ${found.n}`
                : "",
            ),
          ),
          hovertemplate: "%{customdata}<extra></extra>",
        },
      ],
      layout: {
        margin: {
          l: Math.round(Math.max(longest * font * 0.55, 24) + font * 2.4),
          r: means.length ? Math.round(font * 6.5) : 8,
          t: 8,
          b: Math.round(font * 3.4),
        },
        hovermode: "closest",
        xaxis: axisOf(one),
        yaxis: axisOf(two),
        shapes,
      },
      description: told
        .filter(({mean}) => Number.isFinite(mean))
        .map((row) => `${lab.knobsText(row.values)}: ${measured(row.mean)}`)
        .join("; "),
    };
  }

  bind() {
    super.bind();
    this.plot.on("plotly_click", ({points: [at]}) => {
      const [one, two] = this.lab.axes();
      const row = this.lab.store
        .response(this.lab.metric)
        .find(({values}) => values[one.name] === one.values[at.x] && values[two.name] === two.values[at.y]);
      if (row) this.lab.choose(row.point);
    });
  }
}

/** Whether values are spaced by factors rather than by steps. */
export function logarithmic(xs) {
  if (xs.length < 3 || xs.some((x) => !(x > 0))) return false;
  const [first, last] = [xs[0], xs.at(-1)];
  const share = Math.floor((xs.length - 1) / 2) / (xs.length - 1);
  const middle = xs[Math.floor((xs.length - 1) / 2)];
  const [linear, factor] = [first + (last - first) * share, first * (last / first) ** share];
  return Math.abs(middle - factor) < Math.abs(middle - linear);
}
