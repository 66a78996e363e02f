// What the seeds of a study show over the steps: their curves, their mean and its band.

import {CalmRange, extent, spread} from "../data/series.js";
import {count, measured} from "../data/text.js";
import {DASHES, faint, SYMBOLS} from "../page/theme.js";
import {Chart} from "./chart.js";

const TABLE_ROWS = 50;

// What charts of curves over the steps share: thin lines, bands, and names at the ends.
export class Curves extends Chart {
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
