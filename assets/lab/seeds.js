// A run repeated over seeds, or a knob swept over them: each seed as it arrives, bands, and what they say together.

import {SeedCurves} from "./charts/curves.js";
import {SeedDifferences} from "./charts/differences.js";
import {SeedMap} from "./charts/map.js";
import {SeedResponse} from "./charts/responses.js";
import {MetricBar} from "./controls/metric_bar.js";
import {StudyExports, StudyTransport} from "./controls/study_transport.js";
import {idOf} from "./data/address.js";
import {axisTitle, curvesTitle, emptyChart, responseTitle, studyLine, whichSeeds} from "./data/captions.js";
import {betterOf, openPoint, points, shownMetrics, verdict} from "./data/findings.js";
import {Study} from "./data/study.js";
import {naming} from "./data/text.js";
import {h, setFlag, setText} from "./page/dom.js";
import {ShareTool} from "./page/share_box.js";
import {mounting, Stage} from "./stage.js";
import {StudyTable} from "./tables/study_table.js";

const answered = new Map(); // lease -> the last press of the page's own button that was answered
const shown = new Set(); // studies that the address asked for: each is shown once, and then comes what is begun

class Seeds extends Stage {
  static starts = "repeat";
  static lost = "lab.seeds.connection";
  static missing = {shown: "lab.seeds.gone", asked: "lab.seeds.gone.link", shared: "lab.seeds.gone.shared"};
  point = 0; // of a sweep, whose curves are open
  chosen = false; // a person opened them
  evidence = false; // the evidence recipe is repeated, not what is shown
  store = new Study();
  notices = {}; // what is said of the page, by its kind
  served = true; // the server shows this page what it shows

  constructor(parent, config, host, again) {
    super(parent, shown.has(config.watch) ? {...config, watch: null} : config, host, again, config.lease);
    this.wanted = this.config.watch ?? null; // by the address
    this.seeds = config.num_seeds;
    this.metric = config.judged;
  }

  // --- what others ask ------------------------------------------------------------------------------------------

  get swept() {
    return this.config.kind === "response";
  }

  /** The id of the study that would be begun now. */
  get planned() {
    return this.evidence ? this.config.recipe.id : this.config.id;
  }

  get steps() {
    return this.evidence ? this.config.recipe.steps : this.config.steps;
  }

  get metrics() {
    return this.store.head.metrics ?? this.config.metrics;
  }

  /** Whether what is shown is somebody else's. */
  get visits() {
    return this.role === "visit";
  }

  /** Whether a study of this visitor's goes on here: until its end no other is begun. */
  get busy() {
    return this.store.going && !this.visits;
  }

  better(metric) {
    return betterOf(this.metrics, metric);
  }

  arms() {
    if (this.swept) return [{index: 0, look: 1, label: this.config.title}];
    const called = this.store.head.called ?? this.config.called;
    return called.map((label, index) => ({index, look: index, label}));
  }

  /** The knobs that are swept, with their values. */
  axes() {
    if (this.store.head.swept) return this.store.head.swept;
    return Object.entries(this.config.swept).map(([name, values]) => ({name, values}));
  }

  axisTitle(name) {
    return axisTitle(this, name);
  }

  responseTitle() {
    return responseTitle(this);
  }

  curvesTitle() {
    return curvesTitle(this);
  }

  responseRows() {
    const {head, rows} = points(this);
    return {head, rows: rows.map(({cells}) => cells)};
  }

  waitingText() {
    return emptyChart(this);
  }

  // --- what a person does ---------------------------------------------------------------------------------------

  message() {
    const {config, seeds, evidence} = this;
    const {trick, task} = config.start;
    return {type: "repeat", ...(evidence ? {trick, task, evidence: true} : config.start), seeds};
  }

  cancel() {
    this.send({type: "cancel"});
  }

  /** Goes on with a study that was interrupted with its program. */
  goOn() {
    this.send({type: "resume_study"});
  }

  setSeeds(seeds) {
    this.seeds = seeds;
    this.say("refused", "");
  }

  setEvidence(evidence) {
    this.evidence = evidence;
    this.#changed();
  }

  setMetric(metric) {
    this.metric = metric;
    for (const chart of this.charts) chart.reset();
    this.#changed();
  }

  /** Opens the curves of a point of a sweep. */
  choose(point) {
    this.point = point;
    this.chosen = true;
    this.curves.reset();
    this.#changed();
  }

  say(kind, text) {
    this.notices[kind] = text;
    this.refresh();
  }

  /** Takes what was set on the page; a study that goes on stays as it was begun. */
  apply(config) {
    this.config = config;
    this.name = naming(config, this.t);
    this.#changed();
    this.begun();
  }

  #changed() {
    this.refresh();
    this.touch(true);
  }

  // --- what the server says -------------------------------------------------------------------------------------

  fits(config) {
    return config.lease === this.config.lease;
  }

  settings() {
    return this.config.lease;
  }

  attach(asked) {
    return {type: "attach_study", study: this.ticket(this.follow(asked))};
  }

  // The button beside the page's own run was pressed: it is answered once.
  begun() {
    const {lease, asked} = this.config;
    if (!asked || answered.get(lease) === asked) return;
    answered.set(lease, asked);
    this.root.scrollIntoView({block: "start"});
    if (!this.busy) this.start();
  }

  take(header, arrays) {
    if (header.type === "study") this.#study(header, arrays);
    else if (header.type === "gone_study") this.#lost();
    else if (header.type === "wheel_study" && header.study === this.store.run) {
      this.become(header.role);
      this.refresh();
    }
  }

  #study(header, arrays) {
    const isOther = this.store.run !== header.study;
    if (isOther && header.study === idOf(this.wanted ?? "") && !this.#shows(header)) return;
    if (header.fresh || isOther) this.store = new Study();
    this.store.add(header, arrays);
    this.served = true;
    this.answered(header.study);
    this.notices.note = "";
    if (isOther) {
      this.lease.keep(this.ticket(header.study), this.config.lease);
      if (idOf(this.recalled ?? "") === header.study) this.#adopt(header);
      this.chosen = false;
      this.point = 0;
      if (!shownMetrics(this).includes(this.metric)) this.metric = header.judged;
      for (const chart of this.charts) chart.reset();
    }
    if (!this.chosen) this.point = openPoint(this);
    this.refresh();
    this.touch(isOther || !this.store.going);
  }

  // Shows the study that the address asked for, if it is one of this tab: a repeat, or a sweep of as many knobs.
  #shows({swept = []}) {
    this.#found();
    const fits = swept.length === Object.keys(this.config.swept).length;
    if (fits) this.root.scrollIntoView({block: "start"});
    else {
      this.recalled = null;
      this.say("note", this.t("lab.seeds.other"));
    }
    return fits;
  }

  #found() {
    shown.add(this.wanted);
    this.wanted = null;
  }

  // After a reload the study tells what was asked for.
  #adopt({id, seeds}) {
    this.seeds = seeds.length;
    this.evidence = id === this.config.recipe?.id;
  }

  #lost() {
    const why = this.missingText();
    if (why) this.say("note", why);
    this.recalled = null;
    this.lease.keep(null);
    this.#found();
    this.served = false;
    if (this.store.going) this.store.head.state = this.visits ? "" : "canceled"; // somebody else's may go on
    this.refresh();
  }

  // --- the screen -----------------------------------------------------------------------------------------------

  build() {
    this.body.className = "many-body";
    this.root.classList.add("seeds");
    this.root.dataset.kind = this.config.kind;
    this.transport = new StudyTransport(this);
    this.which = h("p", {class: "seeds-which"});
    this.line = h("p", {class: "lab-line", "aria-live": "polite"});
    this.wheel = h("p", {class: "lab-wheel", "aria-live": "polite"});
    this.about = h("p", {class: "seeds-about"});
    this.verdict = h("div", {class: "seeds-verdict", "aria-live": "polite"});
    this.bar = new MetricBar(this);
    this.curves = new SeedCurves(this);
    const Beside = !this.swept ? SeedDifferences : this.axes().length === 2 ? SeedMap : SeedResponse;
    const beside = new Beside(this);
    this.charts = this.swept ? [beside, this.curves] : [this.curves, beside];
    this.table = new StudyTable(this);
    this.cost = h("p", {class: "seeds-cost"});
    this.notes = h("ul", {class: "seeds-notes"});
    this.exports = new StudyExports(this);
    this.share = new ShareTool(this);
    this.exports.element.append(this.share.element);
    this.root.append(this.share.box.element);
    const charts = this.charts.map(({element}) => element);
    const {which, line, wheel, about, cost, notes} = this;
    this.body.append(this.transport.element, which, line, wheel, about, this.verdict, this.bar.element);
    this.body.append(h("div", {class: "many-charts"}, charts), this.table.element, cost, notes, this.exports.element);
    return this.charts;
  }

  /** Shows the study's state in everything that is not a chart. */
  refresh() {
    const {run, head} = this.store;
    for (const part of [this.transport, this.table, this.exports, this.share]) part.refresh();
    const guest = this.visits && this.served;
    setText(this.wheel, guest ? this.t("lab.seeds.visit") : "");
    this.wheel.hidden = !guest;
    this.bar.refresh(shownMetrics(this).map((name) => ({value: name, label: this.name(name)})));
    const {kind, text} = studyLine(this);
    setText(this.line, text);
    this.line.dataset.kind = kind;
    setText(this.which, whichSeeds(this));
    setText(this.about, head.about ?? "");
    this.about.hidden = !run;
    const said = verdict(this);
    setFlag(this.verdict, "hidden", this.swept && !said.length);
    renew(this.verdict, said, ({text: told, claimed}) => h("p", {"data-claimed": claimed?.toString()}, told));
    setText(this.cost, (head.cost ?? []).join(" "));
    renew(this.notes, head.notes ?? [], (note) => h("li", {}, note));
  }
}

// Fills an element anew only where its content differs, so that nothing is said aloud again for nothing.
function renew(element, content, made) {
  const state = JSON.stringify(content);
  if (element.dataset.state === state) return;
  element.dataset.state = state;
  element.replaceChildren(...content.map(made));
}

export const mount = mounting(Seeds, "seeds");
