// A run with many arms: tricks together and one by one, or a knob at many values. The choosing happens on the page.

import {ArmDifferences} from "./charts/differences.js";
import {Multiples} from "./charts/multiples.js";
import {RaceChart} from "./charts/race.js";
import {ArmResponse} from "./charts/responses.js";
import {MetricBar} from "./controls/metric_bar.js";
import {sampleOf} from "./controls/sample.js";
import {Exports, Transport} from "./controls/transport.js";
import {Voice} from "./controls/voice.js";
import {chooseArm, firstChosen, sweptKnob} from "./data/chosen.js";
import {idOf} from "./data/address.js";
import {bestLine} from "./data/ending.js";
import {Store} from "./data/store.js";
import {naming} from "./data/text.js";
import {h} from "./page/dom.js";
import {ShareTool} from "./page/share_box.js";
import {DASHES} from "./page/theme.js";
import {RunPage} from "./run_page.js";
import {mounting} from "./stage.js";
import {ArmsTable} from "./tables/arms_table.js";
import {PartsTable} from "./tables/parts_table.js";

class Many extends RunPage {
  static missing = {...super.missing, shown: "lab.many.gone"};
  ghost = null;
  cursor = null;
  view = {x: "step", smooth: 1};
  store = new Store();

  constructor(parent, config, host, again) {
    super(parent, config, host, again, config.lease);
    Object.assign(this, {seed: config.seed, steps: config.steps, speed: config.speed, metric: config.judged});
    this.chosen = this.#firstChosen();
  }

  // --- what others ask ------------------------------------------------------------------------------------------

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
    return sweptKnob(this.spec?.arms ?? []) ?? this.config.swept;
  }

  plannedEnd() {
    return this.steps;
  }

  emptyText() {
    return this.hintText();
  }

  hintText() {
    return this.config.blocked || this.t("lab.many.hint", {arms: this.spec.arms.length});
  }

  endText() {
    return bestLine(this);
  }

  settings() {
    const {config, seed, steps} = this;
    return {start: config.start, seed, steps};
  }

  /** The line of an arm as the large chart draws it, for the table. */
  sample(arm) {
    return sampleOf(arm && this.theme.arms[arm.look], arm && DASHES[arm.look]);
  }

  // --- what a person does ---------------------------------------------------------------------------------------

  start(options) {
    if (!this.config.blocked) super.start(options);
  }

  message({paused = false}) {
    const {config, seed, steps, speed} = this;
    return {type: "start", ...config.start, seed, steps, speed, paused};
  }

  isDead(action) {
    const steers = this.active && !this.looksOn && ["run", "pause", "step"].includes(action);
    return super.isDead(action) || Boolean(this.config.blocked && !steers);
  }

  setSpeed(speed) {
    this.speed = speed;
    if (this.active) this.send({type: "speed", steps_per_s: speed});
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
    if (this.store.run) this.lease.keep(this.ticket(this.store.run), this.settings());
    this.host.setState("settings", {seed, steps});
    this.refresh();
  }

  setCursor() {}

  /** Puts an arm on the large chart, or takes it away. */
  choose(index) {
    this.chosen = chooseArm(this.chosen, index);
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
    this.config = config;
    this.name = naming(config, this.t);
    for (const name of ["seed", "steps"]) if (config[name] !== before[name]) this[name] = config[name];
    if (!this.store.run && !same(before.spec, config.spec)) this.chosen = this.#firstChosen();
    if (!config.metrics.some(({name}) => name === this.metric)) this.metric = config.judged;
    if (this.races[0].traces[0] !== this.metric) this.setMetric(this.metric);
    if (this.store.run) this.lease.keep(this.ticket(this.store.run), this.settings());
    this.refresh();
    this.touch(true);
  }

  #firstChosen() {
    return firstChosen(this.config.kind, this.spec?.arms.length ?? 1);
  }

  // Arms that somebody chose stay on the large chart where there are as many.
  #keepChosen() {
    if (this.chosen.length < 2 || Math.max(...this.chosen) >= this.labels().length) this.chosen = this.#firstChosen();
  }

  // --- what the server says -------------------------------------------------------------------------------------

  attach(asked) {
    return {type: "attach", run: this.ticket(this.follow(asked))};
  }

  take(header, arrays) {
    // The inside of each of many arms is not drawn, so it is not kept either.
    const kept = arrays.filter(({group}) => group !== "probe");
    if (header.type === "rows" && this.store.run) this.#rows(header, kept);
    else if (header.type === "snapshot") this.#snapshot(header, kept);
    else if (header.type === "gone") this.#lost();
    else super.take(header, arrays);
  }

  #snapshot(header, arrays) {
    const fresh = this.store.run !== header.run;
    this.store = Store.fromSnapshot(header, arrays, this.store);
    this.answered(header.run);
    this.say("note", header.note ?? "");
    if (fresh) {
      if (idOf(this.recalled ?? "") === header.run)
        Object.assign(this, {seed: header.spec.seed, steps: header.spec.steps});
      this.#keepChosen();
      this.races[0].reset();
    }
    this.lease.keep(this.ticket(header.run), this.settings());
    if (fresh) this.firstStep();
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

  #lost() {
    const why = this.missingText();
    if (why) this.say("note", why);
    this.recalled = null;
    this.lease.keep(null);
    if (this.store.run) {
      this.store = new Store();
      this.#keepChosen();
    }
    this.refresh();
    this.touch(true);
  }

  // --- the screen -----------------------------------------------------------------------------------------------

  build() {
    const {config, t} = this;
    this.body.className = "many-body";
    this.root.classList.add("many");
    this.root.dataset.kind = config.kind;
    this.exports = new Exports(this);
    this.share = new ShareTool(this);
    this.root.append(this.share.box.element, this.exports.box.element);
    this.exports.element.append(this.share.element);
    this.transport = new Transport(this);
    this.transport.progress.append(this.exports.element);
    this.voice = new Voice(this);
    this.races = [new RaceChart(this, {title: this.name(this.metric), traces: [this.metric], log: false}, 0)];
    this.table = new ArmsTable(this);
    this.effects = config.kind === "combine" ? new ArmDifferences(this) : new ArmResponse(this);
    this.multiples = new Multiples(this);
    this.bar = new MetricBar(this);
    const charts = h("div", {class: "many-charts"}, this.races[0].element, this.effects.element);
    const shown = [this.bar.element, charts, this.multiples.element];
    const story = h("p", {class: "many-story"}, t("lab.many.story"));
    this.parts = new PartsTable(this);
    const read = [this.table.element, this.parts.element, story];
    // Of tricks together the table says most; of a sweep the curves do.
    const parts = config.kind === "combine" ? [...read, ...shown] : [...shown, ...read];
    this.body.append(this.transport.element, this.voice.element, ...parts);
    return [this.table, this.parts, ...this.races, this.effects, this.multiples];
  }

  /** Shows the run's state in everything that is not a chart. */
  refresh() {
    this.transport.refresh();
    this.voice.refresh();
    this.exports.refresh();
    this.share.refresh();
    this.bar.refresh(this.config.metrics.map(({name, label}) => ({value: name, label})));
  }
}

export const mount = mounting(Many, "many");

function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}
