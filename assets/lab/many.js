// A run with many arms: tricks together and one by one, or a knob at many values. The choosing happens on the page.

import {ArmsTable, Multiples, PartsTable} from "./arms_table.js";
import {Chart, loadPlotly, Painter} from "./charts.js";
import {Segments, h, loadStyle, showCurrentPage} from "./dom.js";
import {Lease} from "./identity.js";
import {RaceChart} from "./race.js";
import {Voice} from "./remarks.js";
import {logarithmic} from "./seed_charts.js";
import {LiveSocket} from "./socket.js";
import {direction, signed, standing} from "./standings.js";
import {Store} from "./store.js";
import {count, makeText, measured, naming, SaysKnobs, unstartedText} from "./text.js";
import {DASHES, faint, readTheme, watchTheme} from "./theme.js";
import {Exports, Transport} from "./transport.js";

const MOST_SHOWN = 4; // arms beside the baseline on the large chart
const FIRST_EXPLORED_SEED = 100; // those below are for reporting
const SAMPLES = {dash: "5 4", dot: "1.5 3.5", dashdot: "6 3 1.5 3", longdash: "9 4", solid: ""};

/**
 * Puts a run with many arms into an element of the page.
 *
 * @param {HTMLElement} parent
 * @param {object} config what to show and how to start it (see `pages/lab/many.py`)
 * @param {{setState: function(string, object)}} host `setState("settings", {seed, steps})` is told when one is set
 * @returns {{update: function(object), destroy: function()}}
 */
export function mount(parent, config, host) {
  loadStyle(new URL("./lab.css", import.meta.url).href);
  showCurrentPage();
  let given = JSON.stringify(config);
  const many = new Many(parent, config, host);
  return {
    update(next) {
      const text = JSON.stringify(next);
      if (text !== given) many.apply(next);
      given = text;
    },
    destroy() {
      many.destroy();
    },
  };
}

class Many extends SaysKnobs {
  present = false;
  labelsTraces = false;
  ghost = null;
  cursor = null;
  font = 12;

  constructor(parent, config, host) {
    super();
    this.host = host;
    this.t = makeText(config.labels);
    this.view = {x: "step", smooth: 1, ghost: false};
    this.store = new Store();
    this.painter = new Painter();
    this.starting = false;
    this.speed = config.speed;
    this.#take(config);
    this.metric = config.judged;
    this.chosen = this.#firstChosen();
    this.lease = new Lease(config.lease);
    this.#build(parent);
    this.socket = new LiveSocket(config.socket, {
      opened: () => this.#opened(),
      frame: (header, arrays) => this.#frame(header, arrays),
      dropped: (_wait, reason) => this.#dropped(reason),
    });
    loadPlotly(config.plotly).then(
      () => this.touch(true),
      () => this.say("note", this.t("lab.plotly.missing")),
    );
    this.lease.recall(this.settings()).then((run) => {
      this.recalled = run;
      this.ready = true;
      if (this.socket.open) this.#begin();
    });
  }

  #take(config) {
    if (config.seed !== this.config?.seed) this.seed = config.seed;
    if (config.steps !== this.config?.steps) this.steps = config.steps;
    this.config = config;
    this.name = naming(config, this.t);
  }

  // --- what others ask ------------------------------------------------------------------------------------------

  get state() {
    return this.store.state;
  }

  get active() {
    return this.state === "running" || this.state === "paused";
  }

  /** The run as it is, or as it is planned; null while what is chosen cannot be. */
  get spec() {
    return this.store.run ? this.store.spec : this.config.spec;
  }

  get planned() {
    return this.config.spec && {...this.config.spec, seed: this.seed, steps: this.steps};
  }

  /** Whether something else is chosen than what runs, or ran. */
  get waiting() {
    const {run, spec} = this.store;
    return Boolean(run && !this.starting && this.planned && !same(spec, this.planned));
  }

  /** The arms on the large chart. */
  arms() {
    const labels = this.labels();
    return this.chosen
      .filter((index) => index < labels.length)
      .map((index, look) => ({index, look, label: labels[index]}));
  }

  /** What each arm is called. */
  labels() {
    if (!this.spec) return [];
    return this.store.run ? this.store.head.called : this.config.called;
  }

  /** The knob that a sweep's arms differ in. */
  sweptKnob() {
    const arms = this.spec?.arms.slice(1) ?? [];
    const names = Object.keys(arms[0]?.knobs ?? {});
    return names.find((name) => new Set(arms.map(({knobs}) => knobs[name])).size > 1) ?? this.config.swept;
  }

  plannedEnd() {
    return this.steps;
  }

  waitingText() {
    return this.starting ? this.t("lab.starting") : (this.unstarted ?? this.hintText());
  }

  hintText() {
    return this.config.blocked || this.t("lab.many.hint", {arms: this.spec?.arms.length ?? 0});
  }

  /** Which arm is ahead of the baseline by most, and what that is worth. */
  endText() {
    const {store, t, config, metric} = this;
    const {better} = config.metrics.find(({name}) => name === metric);
    const labels = this.labels();
    const ranked = labels
      .map((label, arm) => ({label, arm, ...standing(store, arm, metric)}))
      .filter(({value}) => Number.isFinite(value))
      .sort((one, other) => (better === "lower" ? one.value - other.value : other.value - one.value));
    const parts = [t(`lab.many.state.${store.state}`, {step: count(store.step)})];
    if (ranked.length) {
      const {label, value, difference, arm} = ranked[0];
      const told = {metric: this.name(metric), arm: label, value: measured(value), difference: signed(difference)};
      parts.push(t(arm ? "lab.many.best" : "lab.many.best.baseline", told));
    }
    for (const {arm, step, knobs} of store.failures) {
      parts.push(t("lab.end.failure", {arm: labels[arm] ?? "", step: count(step), knobs: this.knobsText(knobs)}));
    }
    return [...parts, t("lab.end.caution")].join(" ");
  }

  settings() {
    const {config, seed, steps} = this;
    return {start: config.start, seed, steps};
  }

  say(kind, text) {
    this.voice.say(kind, text);
  }

  /** The line of an arm as the large chart draws it, for the table. */
  sample(arm) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 8");
    svg.setAttribute("class", "lab-sample");
    svg.setAttribute("aria-hidden", "true");
    if (!arm) return svg;
    const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    line.setAttribute("d", "M0 4h24");
    line.setAttribute("stroke", this.theme.arms[arm.look]);
    line.setAttribute("stroke-dasharray", SAMPLES[DASHES[arm.look]] ?? "");
    svg.append(line);
    return svg;
  }

  // --- what a person does ---------------------------------------------------------------------------------------

  toggle() {
    if (this.state === "running") this.socket.send({type: "pause"});
    else if (this.state === "paused") this.socket.send({type: "resume"});
    else this.start();
  }

  oneStep() {
    if (this.starting) return;
    if (!this.active) return void this.start({paused: true, stepping: true});
    if (this.state === "running") this.socket.send({type: "pause"});
    this.socket.send({type: "step"});
  }

  restart() {
    this.start();
  }

  reseed() {
    this.setSeed(Math.max(this.seed + 1, FIRST_EXPLORED_SEED));
    this.start();
  }

  start({paused = false, stepping = false} = {}) {
    const {config, seed, steps, speed} = this;
    if (config.blocked) return;
    const message = {type: "start", ...config.start, seed, steps, speed, paused};
    this.owed = this.ready && this.socket.send(message) ? null : {paused, stepping};
    if (this.owed) return void (this.socket.open || this.say("connection", this.t("lab.connection.owed")));
    this.starting = true;
    this.stepping = stepping;
    this.unstarted = null;
    this.say("unstarted", "");
    this.say("refused", "");
    this.say("note", "");
    this.say("waiting", this.t("lab.starting"));
    this.refresh();
    this.touch(true);
  }

  setSpeed(speed) {
    this.speed = speed;
    if (this.active) this.socket.send({type: "speed", steps_per_s: speed});
    this.transport.refresh();
  }

  setSteps(steps) {
    this.steps = steps;
    this.report();
  }

  setSeed(seed) {
    this.seed = seed;
    this.report();
  }

  report() {
    const {seed, steps} = this;
    this.say("refused", "");
    if (this.store.run) this.lease.keep(this.store.run, this.settings());
    this.host.setState("settings", {seed, steps});
    this.refresh();
  }

  setCursor() {}

  /** Puts an arm on the large chart, or takes it away. */
  choose(index) {
    if (index === 0) return;
    const others = this.chosen.filter((one) => one !== 0);
    const kept = others.includes(index) ? others.filter((one) => one !== index) : [...others, index].slice(-MOST_SHOWN);
    this.chosen = [0, ...kept];
    this.touch(true);
  }

  setMetric(metric) {
    this.metric = metric;
    const chart = this.races[0];
    chart.traces = [metric];
    chart.retitle(this.name(metric));
    chart.reset();
    this.effects.rename();
    this.refresh();
    this.touch(true);
  }

  // --- what the page says ---------------------------------------------------------------------------------------

  /** Takes what was chosen on the page; a run that goes on stays as it was begun. */
  apply(config) {
    const before = this.config;
    this.#take(config);
    this.labeled = null;
    if (!this.store.run && !same(before.spec, config.spec)) this.chosen = this.#firstChosen();
    if (!config.metrics.some(({name}) => name === this.metric)) this.metric = config.judged;
    if (!same(before.metrics, config.metrics)) this.#rebuildMetrics();
    if (this.store.run) this.lease.keep(this.store.run, this.settings());
    this.refresh();
    this.touch(true);
  }

  destroy() {
    this.socket.close();
    this.lease.close();
    this.painter.stop();
    this.unwatch();
    this.sizes.disconnect();
    for (const chart of [...this.races, this.effects]) chart.destroy();
    this.root.remove();
  }

  // Baseline and all tricks; of a sweep the baseline, both ends and the middle.
  #firstChosen() {
    const last = (this.spec?.arms.length ?? 1) - 1;
    if (this.config.kind === "combine") return last >= 1 ? [0, 1] : [0];
    return [...new Set([0, 1, Math.ceil(last / 2), last])].filter((index) => index <= last);
  }

  // --- what the server says -------------------------------------------------------------------------------------

  #opened() {
    this.say("connection", "");
    if (this.ready) this.#begin();
  }

  #begin() {
    if (this.owed) return void this.start(this.owed);
    const run = this.store.run ?? this.recalled;
    if (run) this.socket.send({type: "attach", run});
  }

  #dropped(reason) {
    this.starting = false;
    this.say("waiting", "");
    this.say("connection", reason ? this.t("lab.connection.reason", {reason}) : this.t("lab.connection.lost"));
    this.refresh();
  }

  #frame(header, arrays) {
    // The inside of each of many arms is not drawn, so it is not kept either.
    const kept = arrays.filter(({group}) => group !== "probe");
    if (header.type === "rows" && this.store.run) this.#rows(header, kept);
    else if (header.type === "snapshot") this.#snapshot(header, kept);
    else if (header.type === "refused") this.#refused(header.message);
    else if (header.type === "note") this.say("note", header.message);
    else if (header.type === "gone") this.#lost();
  }

  #snapshot(header, arrays) {
    const fresh = this.store.run !== header.run;
    this.store = Store.fromSnapshot(header, arrays, this.store);
    this.starting = false;
    this.say("waiting", "");
    this.say("connection", "");
    this.say("note", header.note ?? "");
    if (fresh) {
      if (this.recalled === header.run) Object.assign(this, {seed: header.spec.seed, steps: header.spec.steps});
      if (this.chosen.at(-1) >= header.spec.arms.length || this.chosen.length < 2) this.chosen = this.#firstChosen();
      this.races[0].reset();
    }
    this.lease.keep(header.run, this.settings());
    if (this.stepping) this.socket.send({type: "step"});
    this.stepping = false;
    this.refresh();
    this.touch(true);
  }

  #rows(header, arrays) {
    const turned = header.state !== this.state;
    const urgent = this.store.add(header, arrays) || turned;
    if (header.note !== undefined) this.say("note", header.note ?? "");
    this.refresh();
    this.touch(urgent);
  }

  #refused(message) {
    const kind = this.starting ? "unstarted" : "refused"; // why a start failed stays until the next press
    this.starting = false;
    this.say("waiting", "");
    if (kind === "unstarted") this.unstarted = unstartedText(message, this.t);
    if (!/needs a run/.test(message)) this.say(kind, this.unstarted ?? message);
    this.touch(true);
    this.refresh();
  }

  #lost() {
    this.recalled = null;
    this.lease.keep(null);
    if (this.store.run) {
      this.store = new Store();
      this.say("note", this.t("lab.gone"));
    }
    this.refresh();
    this.touch(true);
  }

  // --- the screen -----------------------------------------------------------------------------------------------

  #build(parent) {
    const {config, t} = this;
    this.sentinel = h("span", {class: "lab-sentinel", "aria-hidden": "true"});
    this.body = h("div", {class: "many-body"});
    this.root = h(
      "div",
      {class: "lab many", "data-kind": config.kind, lang: config.language},
      this.sentinel,
      this.body,
    );
    parent.append(this.root);
    this.theme = readTheme(this.root);
    this.#paintTheme();
    this.exports = new Exports(this);
    this.transport = new Transport(this);
    this.transport.progress.append(this.exports.element);
    this.voice = new Voice(this);
    this.races = [new RaceChart(this, {title: this.name(this.metric), traces: [this.metric], log: false}, 0)];
    this.table = new ArmsTable(this);
    this.effects = config.kind === "combine" ? new Differences(this) : new Response(this);
    this.multiples = new Multiples(this);
    this.bar = h("div", {class: "many-bar"});
    this.#rebuildMetrics();
    const charts = h("div", {class: "many-charts"}, this.races[0].element, this.effects.element);
    const shown = [this.bar, charts, this.multiples.element];
    const story = h("p", {class: "many-story"}, t("lab.many.story"));
    this.parts = new PartsTable(this);
    const read = [this.table.element, this.parts.element, story];
    // Of tricks together the table says most; of a sweep the curves do.
    const parts = config.kind === "combine" ? [...read, ...shown] : [...shown, ...read];
    this.body.append(this.transport.element, this.voice.element, ...parts);
    for (const painted of [this.table, this.parts, ...this.races, this.effects, this.multiples])
      this.painter.charts.add(painted);
    this.unwatch = watchTheme(this.sentinel, () => this.#retheme());
    this.sizes = new ResizeObserver(() => this.touch());
    this.sizes.observe(this.root);
    this.refresh();
  }

  #rebuildMetrics() {
    const {t, config} = this;
    const metrics = new Segments({
      label: t("lab.many.metric"),
      name: "metric",
      value: this.metric,
      choices: config.metrics.map(({name, label}) => ({value: name, label})),
      onchange: (metric) => this.setMetric(metric),
    });
    this.bar.replaceChildren(h("span", {}, t("lab.many.metric")), metrics.element);
    this.table.state = null;
    if (!this.races[0].traces.includes(this.metric)) this.setMetric(this.metric);
  }

  touch(urgent) {
    for (const painted of this.painter.charts) painted.touch(urgent);
  }

  /** Shows the run's state in everything that is not a chart. */
  refresh() {
    this.transport.refresh();
    this.voice.refresh();
    this.exports.refresh();
    const blocked = Boolean(this.config.blocked);
    for (const button of this.transport.element.querySelectorAll(".lab-buttons button"))
      button.disabled = blocked && !(this.active && ["run", "pause", "step"].includes(button.dataset.action));
  }

  #paintTheme() {
    this.root.style.setProperty("--lab-on-accent", this.theme.onAccent);
    this.root.style.setProperty("color-scheme", this.theme.dark ? "dark" : "light");
  }

  #retheme() {
    this.theme = readTheme(this.root);
    this.#paintTheme();
    this.touch(true);
  }
}

/** What each arm of an ablation is ahead of the baseline, or behind it. */
class Differences extends Chart {
  still = true;

  constructor(many) {
    super(many, {id: "differences", title: many.t("lab.many.differences", {metric: many.name(many.metric)})});
  }

  rename() {
    this.retitle(this.lab.t("lab.many.differences", {metric: this.lab.name(this.lab.metric)}));
  }

  #standings() {
    const {lab} = this;
    const labels = lab.labels();
    return labels.slice(1).map((label, i) => ({label, ...standing(lab.store, i + 1, lab.metric)}));
  }

  figure() {
    const {lab} = this;
    const {theme, t, font} = lab;
    const {better} = lab.config.metrics.find(({name}) => name === lab.metric);
    const found = this.#standings();
    const known = found.filter(({difference}) => Number.isFinite(difference));
    const narrow = this.plot.clientWidth < 420;
    const room = narrow ? 1.9 : 1.5; // for the number at a bar's end, beside the names
    const reach = Math.max(1e-9, ...known.map(({difference}) => Math.abs(difference))) * room;
    const good = known.map(({difference}) => direction(difference, better) > 0);
    const longest = Math.max(0, ...found.map(({label}) => label.length));
    const sides = better === "lower" ? ["lab.many.better", "lab.many.worse"] : ["lab.many.worse", "lab.many.better"];
    return {
      empty: known.length ? "" : t("lab.many.empty.differences"),
      data: [
        {
          type: "bar",
          orientation: "h",
          y: known.map(({label}) => label),
          x: known.map(({difference}) => difference),
          marker: {
            color: good.map((one) => (one ? theme.accent : faint(theme.text, 0.35))),
            pattern: {shape: good.map((one) => (one ? "" : "/")), size: 5, solidity: 0.35, fgcolor: theme.muted},
          },
          text: known.map(({difference}) => signed(difference)),
          textposition: "outside",
          cliponaxis: false,
          textfont: {size: font, color: theme.text},
          hovertemplate: "%{y}: %{x:+.3~g}<extra></extra>",
        },
      ],
      layout: {
        margin: {l: Math.min(longest * font * 0.55 + 12, narrow ? 150 : 220), r: 12, t: 20, b: Math.round(font * 2.4)},
        bargap: 0.35,
        xaxis: this.axis({
          range: [-reach, reach],
          zeroline: true,
          zerolinecolor: theme.axis,
          tickformat: "+.2~g",
          nticks: 5,
          showticklabels: known.length > 0,
        }),
        yaxis: this.axis({
          type: "category",
          categoryorder: "array",
          categoryarray: found.map(({label}) => label).toReversed(),
          range: [-0.6, found.length - 0.4],
          showgrid: false,
          showticklabels: known.length > 0,
          tickmode: "linear",
        }),
        annotations: sides.map((key, i) => ({
          x: i,
          y: 1,
          xref: "paper",
          yref: "paper",
          xanchor: i ? "right" : "left",
          yanchor: "bottom",
          text: i ? `${t(key)} →` : `← ${t(key)}`,
          showarrow: false,
          font: {size: font, color: theme.muted},
        })),
      },
      description: known.map(({label, difference}) => `${label} ${signed(difference)}`).join("; "),
    };
  }

  rows() {
    const {t, name, metric} = this.lab;
    const rows = this.#standings().map(({label, value, difference}) => [label, measured(value), signed(difference)]);
    return {head: [t("lab.many.arm"), name(metric), t("lab.many.difference")], rows};
  }
}

/** The metric as last measured over the knob that is swept. */
class Response extends Chart {
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

function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}
