// The race: the same quantities of every arm over the planned length of the run.

import {CalmRange, extent, pick, smooth, spread, thin} from "../data/series.js";
import {lastAtMost} from "../data/store.js";
import {count, measured} from "../data/text.js";
import {h, setText} from "../page/dom.js";
import {blend, DASHES, faint, SYMBOLS} from "../page/theme.js";
import {Chart} from "./chart.js";

const MARK_GAP = 0.04; // of the x range: turns closer than this are one drag, and are one mark
const MARKED_PX = 10; // tests at least so far apart on the screen are marked, each
const TABLE_ROWS = 50;

/** Which color, dash and marker an arm has: its own, or that of its place. */
function look({look: own, index}) {
  return own ?? index;
}

export class RaceChart extends Chart {
  constructor(lab, declared, index) {
    super(lab, {id: `race-${index + 1}`, title: declared.title});
    this.first = index === 0;
    this.traces = declared.traces;
    this.log = declared.log;
    this.range = new CalmRange();
    const {t} = lab;
    this.logButton = h(
      "button",
      {type: "button", class: "lab-tool lab-kept", title: t("lab.log.help"), "data-tool": "log"},
      t("lab.log"),
    );
    this.logButton.setAttribute("aria-pressed", String(this.log));
    this.logButton.addEventListener("click", () => this.setLog(!this.log));
    this.tools.append(this.logButton);
    this.key = h("span", {class: "lab-key"}); // which line is which, where there is no room to say so on the chart
    this.name.after(this.key);
    if (lab.config.charts && !lab.present) this.name.replaceWith(this.#chooser(declared.name));
  }

  // The chart's title, from which another quantity is chosen.
  #chooser(shown) {
    const {lab} = this;
    const options = lab.config.charts.map(({name, title}) =>
      h("option", {value: name, selected: name === shown}, title),
    );
    const parts = {
      class: "lab-select lab-chart-title",
      "data-select": this.id,
      "aria-label": lab.t("lab.chart.choose"),
    };
    this.choice = h("select", parts, ...options);
    this.choice.addEventListener("change", () => {
      this.show(this.choice.value);
      lab.report();
    });
    return this.choice;
  }

  /** Shows another of the quantities that there are. */
  show(name) {
    const {title, traces, log} = this.lab.config.charts.find((chart) => chart.name === name);
    this.traces = traces;
    this.retitle(title);
    this.choice.value = name;
    this.setLog(log);
    this.lab.touch(true);
  }

  get shown() {
    return this.choice?.value;
  }

  setLog(log) {
    this.log = log;
    this.logButton.setAttribute("aria-pressed", String(log));
    this.range.reset();
    this.setZoom(this.zoom?.xaxis ? {xaxis: this.zoom.xaxis} : null);
  }

  /** Forgets the zoom and the ranges, for a new run or another x axis. */
  reset() {
    this.range.reset();
    this.setZoom(null);
  }

  bind() {
    super.bind();
    this.plot.on("plotly_hover", ({xvals}) => this.lab.setCursor(xvals?.[0] ?? null));
    this.plot.on("plotly_unhover", () => this.lab.setCursor(null));
  }

  setZoom(zoom) {
    super.setZoom(zoom);
    // The charts of a race share their x axis.
    for (const chart of this.lab.races) {
      if (chart === this || (!!chart.zoom?.xaxis === !!zoom?.xaxis && `${chart.zoom?.xaxis}` === `${zoom?.xaxis}`))
        continue;
      const merged = {...chart.zoom};
      if (zoom?.xaxis) merged.xaxis = zoom.xaxis;
      else delete merged.xaxis;
      Chart.prototype.setZoom.call(chart, Object.keys(merged).length ? merged : null);
    }
  }

  figure() {
    const {lab} = this;
    const {store, view, t} = lab;
    const unit = view.x;
    const end = store.run ? store.axisEnd(unit) : lab.plannedEnd(unit);
    const [from, to] = this.zoom?.xaxis ?? [0, end];
    const curves = this.#curves(store, lab.arms(), from, to);
    const now = performance.now();
    const wanted = this.#extent(curves);
    const yrange = this.zoom?.yaxis ?? this.range.follow(wanted, now, this.#limits());
    const height = this.plot.clientHeight;
    const size = lab.font;
    const narrow = this.plot.clientWidth < 460 && !lab.present;
    const labels = curves.filter((curve) => curve.steps.length).map((curve) => ({curve, text: this.#label(curve)}));
    setText(this.key, narrow && this.traces.length > 1 ? t("lab.key") : "");
    const longest = Math.max(0, ...lab.arms().map((arm) => arm.label.length)) + (lab.labelsTraces ? 7 : 0);
    const right = narrow ? 18 : Math.min(Math.max(64, longest * size * 0.52 + 24), lab.present ? 480 : 176);
    const margin = {
      l: Math.round(size * 4.2),
      r: Math.round(right),
      t: Math.round(size * 1.5),
      b: Math.round(size * 2.9),
    };
    const data = [...this.#ghosts(from, to), ...curves.flatMap((curve) => this.#draw(curve))];
    const width = this.plot.clientWidth - margin.l - margin.r;
    const marks = this.#marks(from, to, width);
    const ends = narrow ? [] : this.#ends(labels, {from, to, yrange, size, height: height - margin.t - margin.b});
    const failed = this.#failures(curves, yrange);
    return {
      empty: store.run || !this.first ? "" : lab.waitingText(),
      data: data.length ? [...data, ...failed.data] : [{x: [], y: []}],
      layout: {
        margin,
        hovermode: "x unified",
        xaxis: this.axis({
          range: [from, to],
          title: t(`lab.axis.${unit}`),
          nticks: Math.max(2, Math.min(6, Math.floor(width / (4 * size)))),
          tickangle: 0,
          unifiedhovertitle: {text: unit === "seconds" ? `%{x:.3s} s` : `${t(`lab.unit.${unit}`)} %{x:,.4~r}`},
        }),
        yaxis: this.axis({range: yrange, type: this.log ? "log" : "linear", ...this.#ticks(yrange)}),
        shapes: marks.shapes,
        annotations: [...ends, ...marks.annotations, ...failed.annotations],
      },
      description: this.#description(),
    };
  }

  #isTest(name) {
    return name.startsWith("test_");
  }

  #ticks(range) {
    return this.log ? this.logTicks(range) : {tickformat: ".3~g", nticks: 5};
  }

  #limits() {
    const bounded = this.traces.every((name) =>
      ["accuracy", "ece", "precision", "recall"].some((word) => name.includes(word)),
    );
    if (this.log) return [-8, Infinity];
    return bounded ? [-0.02, 1.02] : [-Infinity, Infinity];
  }

  #curves(store, arms, from, to) {
    const {view} = this.lab;
    if (!store.run) return [];
    const whole = arms.flatMap((arm) =>
      this.traces.map((name) => {
        const test = this.#isTest(name);
        const table = test ? store.arms[arm.index].tests : store.arms[arm.index].rows;
        const steps = table.view("step");
        const raw = table.view(name);
        const values = !test && view.smooth > 1 ? smooth(steps, raw, view.smooth) : raw;
        return {arm, name, test, steps, values, raw, place: store.axis(arm.index, view.x), table};
      }),
    );
    const widest = Math.max(120, Math.min(500, this.plot.clientWidth / 2));
    return this.traces.flatMap((name) => {
      const group = whole.filter((curve) => curve.name === name && curve.values.length);
      if (!group.length) return [];
      const scale = store.steps / store.axisEnd(view.x);
      const steps = [from * scale, to * scale];
      const chosen = thin(group, steps[0], steps[1], widest);
      // What a smoothed curve leaves faint keeps its own peaks.
      const rough = thin(
        group.map((c) => ({steps: c.steps, values: c.raw})),
        steps[0],
        steps[1],
        widest,
      );
      return group.map((curve) => {
        const drawn = pick(curve, chosen);
        const faintly = curve.values === curve.raw ? null : pick({steps: curve.steps, values: curve.raw}, rough);
        const {length} = curve.steps;
        const every = curve.test && length > 1 ? (curve.steps[length - 1] - curve.steps[0]) / (length - 1) : 0;
        const apart = (every / (steps[1] - steps[0])) * this.plot.clientWidth;
        return {...curve, ...drawn, x: drawn.steps.map(curve.place), faintly, apart};
      });
    });
  }

  #extent(curves) {
    const log = this.log;
    const shown = curves.map(({arm, values}) => ({values, ended: Boolean(this.lab.store.failure(arm.index))}));
    for (const arm of this.lab.view.ghost ? (this.lab.ghost?.arms ?? []) : []) {
      for (const name of this.traces) {
        const values = (this.#isTest(name) ? arm.tests : arm.rows).view(name);
        if (values.length && this.#isTest(name)) shown.push({values});
      }
    }
    const found = extent(shown, log);
    if (!found) return log ? [-1, 1] : [0, 1];
    return log ? found.map((value) => Math.log10(value)) : found;
  }

  #style({arm, test}) {
    const {theme, present} = this.lab;
    const single = this.traces.length === 1;
    const scale = present ? 1.7 : 1;
    const width = Math.max((test || single ? 2.4 : 1.6) * scale, present ? 3 : 0);
    const color = theme.arms[look(arm)];
    return {color: test || single ? color : blend(color, theme.ground, 0.72), width, dash: DASHES[look(arm)]};
  }

  #draw(curve) {
    const {arm, name, x, values, steps, apart} = curve;
    const {theme, present, view} = this.lab;
    const style = this.#style(curve);
    const label = this.traces.length > 1 ? `${arm.label}, ${this.#short(name)}` : arm.label;
    const traces = [];
    if (curve.faintly) {
      traces.push({
        type: "scatter",
        mode: "lines",
        x: curve.faintly.steps.map(curve.place),
        y: curve.faintly.values,
        line: {color: faint(theme.arms[look(arm)], theme.dark ? 0.3 : 0.24), width: present ? 3 : 1},
        hoverinfo: "skip",
      });
    }
    traces.push({
      type: "scatter",
      mode: apart >= MARKED_PX || values.length < 2 ? "lines+markers" : "lines",
      name: label,
      x,
      y: values,
      customdata: steps,
      line: style,
      marker: {
        symbol: SYMBOLS[look(arm)],
        size: present ? 9 : 5,
        color: style.color,
        line: {color: style.color, width: 1.2},
      },
      hovertemplate: view.x === "step" ? "%{y:.3~g}" : "%{y:.3~g} (%{customdata:,})",
      connectgaps: false,
    });
    return traces;
  }

  // The run before this one: the same hues, faint, and not in the hover.
  #ghosts(from, to) {
    const {ghost, view, theme, present} = this.lab;
    if (!ghost || !view.ghost) return [];
    return ghost.arms.flatMap((arm, index) =>
      this.traces.flatMap((name) => {
        const test = this.#isTest(name);
        const table = test ? arm.tests : arm.rows;
        const steps = table.view("step");
        if (!steps.length) return [];
        const raw = table.view(name);
        const values = test ? raw : smooth(steps, raw, Math.max(view.smooth, 10));
        const scale = ghost.steps / ghost.axisEnd(view.x);
        const drawn = pick({steps, values}, thin([{steps, values}], from * scale, to * scale, 150));
        const line = {color: faint(theme.arms[index], 0.32), width: present ? 3 : 1.4, dash: DASHES[index]};
        const place = ghost.axis(index, view.x);
        return [{type: "scatter", mode: "lines", x: drawn.steps.map(place), y: drawn.values, line, hoverinfo: "skip"}];
      }),
    );
  }

  #short(name) {
    const {t, name: naming} = this.lab;
    if (name === "train_loss") return t("lab.short.train");
    const shared = this.traces.filter((other) => this.#isTest(other)).length === 1;
    return this.#isTest(name) && shared ? t("lab.short.test") : naming(name);
  }

  #label({arm, name}) {
    return this.traces.length > 1 ? `${arm.label}, ${this.#short(name)}` : arm.label;
  }

  #ends(labels, {from, to, yrange, size, height}) {
    const {theme, view} = this.lab;
    const placed = labels.flatMap(({curve, text}) => {
      const last = curve.x.findLastIndex((x, i) => x <= to && x >= from && Number.isFinite(curve.values[i]));
      if (last < 0) return [];
      const value = this.log ? Math.log10(curve.values[last]) : curve.values[last];
      if (!Number.isFinite(value)) return [];
      const share = Math.min(Math.max((value - yrange[0]) / (yrange[1] - yrange[0]), 0), 1);
      return [
        {curve, text, x: curve.x[last], y: yrange[0] + share * (yrange[1] - yrange[0]), pixel: (1 - share) * height},
      ];
    });
    const apart = spread(
      placed.map(({pixel}) => pixel),
      size * 1.25,
      size * 0.4,
      height - size * 0.6,
    );
    return placed.map(({curve, text, x, y, pixel}, i) => ({
      x,
      y,
      text: `<span style="color:${this.#style(curve).color}">━</span> ${text}`,
      showarrow: false,
      xanchor: "left",
      xshift: 4,
      yshift: pixel - apart[i],
      font: {size, color: theme.text},
      ...(view.ghost ? {bgcolor: faint(theme.ground, 0.75)} : {}),
      borderpad: 1,
    }));
  }

  // Vertical marks where knobs were turned: one for each drag, shaded from its first turn to its last, which is named.
  #marks(from, to, pixels) {
    const {store, view, theme, font, present} = this.lab;
    if (!store.run || !store.events.length) return {shapes: [], annotations: []};
    const marks = [];
    const place = store.axis(0, view.x);
    for (const event of store.events) {
      const x = place(event.step);
      const same = marks.findLast((mark) => mark.event.name === event.name && mark.event.arm === event.arm);
      if (same && x - same.x < MARK_GAP * (to - from)) Object.assign(same, {x, event});
      else marks.push({first: x, x, event});
    }
    const shapes = [];
    const annotations = [];
    const taken = [];
    for (const {first, x, event} of marks.toReversed()) {
      if (x < from || x > to) continue;
      const color = event.arm === null ? theme.muted : theme.arms[event.arm];
      const line = {color, width: present ? 3 : 1, dash: "dot"};
      shapes.push({type: "line", x0: x, x1: x, yref: "paper", y0: 0, y1: 1, line, layer: "below"});
      if (first < x) {
        const band = {x0: Math.max(first, from), x1: x, yref: "paper", y0: 0, y1: 1, layer: "below"};
        shapes.push({type: "rect", ...band, line: {width: 0}, fillcolor: faint(color, 0.1)});
      }
      const text = `${this.lab.symbol(event.name)} ${this.lab.valueText(event.name, event.value)}`;
      const half = (text.length * font * 0.55 + 10) / 2;
      const middle = Math.min(Math.max(((x - from) / (to - from)) * pixels, half), pixels - half + font * 2);
      if (taken.some(([left, right]) => middle + half > left && middle - half < right)) continue;
      taken.push([middle - half, middle + half]);
      const shift = middle - ((x - from) / (to - from)) * pixels;
      const at = {x, y: 1, yref: "paper", yanchor: "bottom", xanchor: "center", xshift: shift};
      annotations.push({...at, text, showarrow: false, font: {size: font, color: theme.text}, borderpad: 0});
    }
    return {shapes, annotations};
  }

  // An arm that ended: a cross where its curve stops, with step and knobs.
  #failures(curves, yrange) {
    const {store, theme, t, font, present} = this.lab;
    const data = [];
    const annotations = [];
    for (const failure of store.failures) {
      const curve = curves.find(({arm}) => arm.index === failure.arm);
      const last = curve?.values.findLastIndex((value) => Number.isFinite(value) && (!this.log || value > 0)) ?? -1;
      if (last < 0) continue;
      const x = curve.x[last];
      const ends = this.log ? yrange.map((end) => 10 ** end) : yrange;
      const y = Math.min(Math.max(curve.values[last], ends[0]), ends[1]);
      const color = theme.arms[look(curve.arm)];
      const marker = {symbol: "x", size: present ? 16 : 11, color};
      data.push({type: "scatter", mode: "markers", x: [x], y: [y], marker, hoverinfo: "skip", cliponaxis: false});
      const text = t("lab.failure.mark", {step: count(failure.step), knobs: this.lab.knobsText(failure.knobs)});
      const high = y > (ends[0] + ends[1]) / 2;
      annotations.push({
        x,
        y: this.log ? Math.log10(y) : y,
        text,
        showarrow: false,
        xanchor: "left",
        xshift: 10,
        yshift: font * (high ? -2.2 : 2.2), // clear of the label at the end of the curve
        font: {size: font, color: theme.text},
        bgcolor: faint(theme.ground, 0.85),
      });
    }
    return {data, annotations};
  }

  #description() {
    const {store, t} = this.lab;
    if (!store.run) return t("lab.describe.empty");
    const parts = this.lab.arms().flatMap((arm) =>
      this.traces.map((name) => {
        const table = this.#isTest(name) ? store.arms[arm.index].tests : store.arms[arm.index].rows;
        return t("lab.describe.curve", {
          arm: arm.label,
          metric: this.lab.name(name),
          value: measured(table.last(name)),
        });
      }),
    );
    return `${t("lab.describe.race", {step: count(store.step), steps: count(store.steps)})} ${parts.join("; ")}.`;
  }

  rows() {
    const {store, t, name: naming} = this.lab;
    if (!store.run) return null;
    const columns = this.lab.arms().flatMap((arm) => this.traces.map((name) => ({arm, name})));
    const head = [t("lab.axis.step"), ...columns.map(({arm, name}) => `${arm.label}, ${naming(name)}`)];
    const counted = Math.min(TABLE_ROWS, store.step);
    const steps = Array.from({length: counted}, (_, i) => Math.round(((i + 1) / counted) * store.step));
    const cell = ({arm, name}, step) => {
      const table = this.#isTest(name) ? store.arms[arm.index].tests : store.arms[arm.index].rows;
      const at = lastAtMost(table.view("step"), step);
      return at < 0 ? "" : measured(table.view(name)[at]);
    };
    return {head, rows: steps.map((step) => [count(step), ...columns.map((column) => cell(column, step))])};
  }
}
