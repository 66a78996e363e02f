// Runs picked from the library beside each other: their curves on one chart, their numbers, and what differs.

import {loadPlotly, Painter} from "../charts/painter.js";
import {RaceChart} from "../charts/race.js";
import {sampleOf} from "../controls/sample.js";
import {Toolbar} from "../controls/toolbar.js";
import {query} from "../data/address.js";
import {Reach} from "../data/reach.js";
import {makeText} from "../data/text.js";
import {AddressBar, spoken} from "../page/address_bar.js";
import {h, setText} from "../page/dom.js";
import {readTheme, watchTheme} from "../page/theme.js";
import {SettingsTable, ValuesTable} from "./compared_tables.js";
import {QuietLine} from "./quiet_line.js";
import {labelsOf, shortLabels} from "./run_labels.js";
import {pauseAfter, Server} from "./server.js";
import {linesOf, nearest, RUN_DASHES, storesOf, Together} from "./together.js";

const SHORT_LETTERS = 14; // of a name with more behind it
const GOING = ["running", "paused"]; // states in which there is something to follow
const AXES = ["step", "epoch", "seconds"];
const MOST_SMOOTHED = 1e6; // steps

/** The runs that an address compares; null where it compares none. @param {string} search */
export function readCompared(search) {
  const ids = new URLSearchParams(search).get("compare")?.split(",").filter(Boolean);
  return ids?.length ? [...new Set(ids)] : null;
}

/**
 * Why these cannot be compared, "" where they can.
 *
 * @param {{kind?: string}[]} cards
 * @param {[number, number]} limits the fewest and the most
 */
export function whyNot(cards, [fewest, most], t) {
  if (cards.some(({kind}) => kind === "study")) return t("library.compare.seeds");
  return cards.length < fewest || cards.length > most ? t("library.compare.count", {fewest, most}) : "";
}

/** The address at which runs are compared, from its question mark on. @param {string[]} ids */
export function toCompare(ids) {
  return query({compare: ids.join(","), ...spoken()});
}

/** How an address has the runs looked at: its x axis, and over how many steps curves are smoothed. */
export function readView(params) {
  const [x, smooth] = [params.get("x"), Number(params.get("smooth"))];
  const isSmooth = Number.isInteger(smooth) && smooth > 1 && smooth <= MOST_SMOOTHED;
  return {x: AXES.includes(x) ? x : AXES[0], smooth: isSmooth ? smooth : 1, ghost: false};
}

/** The chart, its toolbar and tables ask it as they ask the page of a run. */
export class Comparison {
  present = false;
  labelsTraces = false;
  font = 12; // pixels
  ghost = null;
  reach = new Reach();
  legend = {element: null}; // the table says which line is which
  /** @type {?number} the place of the x axis that was pointed at last */
  cursor = null;
  /** @type {number[]} where it can be */
  places = [];
  /** @type {import("../data/store.js").Store[]} */
  stores = [];
  /** @type {string[]} */
  labels = [];
  differs = [];
  races = [];
  missing = []; // ids of which there is no run of this visitor
  study = ""; // the page where a study is planned: one that would tell them apart
  repeated = ""; // or that of this run alone
  judged = "";
  trouble = ""; // why the server does not tell
  lacking = ""; // why there is no chart
  /** @type {?{header: any, arrays: any[]}} what was taken of the server */
  told = null;
  gone = false;
  isResting = false; // nobody looks: what is new waits

  /** @param {HTMLElement} parent @param {import("../types.d.ts").Config} config @param {string[]} ids */
  constructor(parent, config, ids) {
    this.t = makeText(config.labels);
    this.language = config.language;
    this.config = {...config, trick: "compare", title: "", charts: [], steps: 1};
    this.ids = ids;
    this.fewest = config.compared[0];
    const params = new URLSearchParams(location.search);
    this.reference = params.get("reference") ?? ids[0];
    this.asked = {metric: params.get("metric"), log: params.get("log")};
    this.view = readView(params);
    this.server = new Server(config.library, config.language);
    this.painter = new Painter();
    this.address = new AddressBar((given) => query({...given, ...this.#params()}));
    this.together = new Together([], []);
    this.trouble = whyNot(
      ids.map(() => ({})),
      config.compared,
      this.t,
    );
    this.#build(parent);
    if (this.trouble) return;
    this.#load();
    loadPlotly(config.plotly_later).then(
      () => this.touch(true),
      () => {
        this.lacking = this.t("lab.plotly.missing");
        this.refresh();
      },
    );
  }

  // --- what the chart and the tables ask ------------------------------------------------------------------------

  get store() {
    return this.together;
  }

  get chart() {
    return this.races[0];
  }

  /** The quantity that is shown. */
  get metric() {
    return this.chart?.traces[0];
  }

  get better() {
    return this.config.charts.find(({name}) => name === this.metric)?.better ?? "";
  }

  /** The place of the reference among the runs. */
  get referred() {
    return Math.max(
      0,
      this.stores.findIndex(({run}) => run === this.reference),
    );
  }

  name(name) {
    return this.config.charts.find((chart) => chart.name === name)?.title ?? name;
  }

  arms() {
    const {t} = this;
    const [short, shorter] = [undefined, SHORT_LETTERS].map((most) => shortLabels(this.heads, this.differs, most));
    const num = this.stores.length;
    return this.together.lines.map(({run}, index) => {
      if (run < 0) return {index, look: 0, dash: "dash", label: t("lab.arm.baseline")};
      const look = run + 1;
      if (index < num) return {index, look, dash: RUN_DASHES[run], label: short[run]};
      return {index, look, dash: "dash", weak: true, label: t("library.compare.baseline", {run: shorter[run]})};
    });
  }

  /** What the server tells of each run. @returns {any[]} */
  get heads() {
    return this.stores.map(({head}) => head);
  }

  /** How a run's line is drawn. */
  sample(run) {
    return sampleOf(this.theme.arms[run + 1], RUN_DASHES[run]);
  }

  waitingText() {
    return "";
  }

  /** Without a run there is no length. */
  plannedEnd() {
    return 1;
  }

  // --- what a person does ---------------------------------------------------------------------------------------

  look(view) {
    this.view = {...this.view, ...view};
    if ("x" in view) this.cursor = null;
    this.toolbar.show();
    this.report();
    this.touch(true);
  }

  reset() {
    for (const chart of this.races) chart.reset();
  }

  setCursor(place) {
    if (place === null) return; // what was pointed at last stays in the table
    const found = this.places[nearest(this.places, place)] ?? place;
    if (found === this.cursor) return;
    this.cursor = found;
    this.values.refresh();
  }

  /** Has differences be to another run. */
  refer(run) {
    this.reference = this.stores[run].run;
    this.report();
    this.touch();
  }

  /** The address says what is shown. */
  report() {
    this.address.soon();
  }

  touch(urgent = false) {
    if (this.chart) this.together = new Together(this.stores, linesOf(this.stores, this.metric));
    this.places = this.together.places(this.metric, this.view.x);
    for (const chart of this.races) chart.touch(urgent);
    this.refresh();
  }

  // --- the runs -------------------------------------------------------------------------------------------------

  async #load() {
    this.isResting = false;
    const begun = performance.now();
    try {
      const told = await this.server.compared(this.ids);
      if (this.gone) return;
      if (told !== this.told) this.#take(told);
      this.trouble = "";
    } catch (error) {
      if (this.gone) return;
      const {message, isForGood} = /** @type {import("../page/asking.js").Refused} */ (error);
      this.trouble = message || this.t("library.unreached");
      if (isForGood) {
        this.refresh();
        return;
      }
    }
    this.refresh();
    const isGoing = this.stores.some(({state}) => GOING.includes(state));
    if (this.told && !this.trouble && !isGoing) return;
    this.timer = setTimeout(() => this.#follow(), pauseAfter(begun));
  }

  #follow() {
    this.isResting = document.hidden;
    if (!document.hidden) this.#load();
  }

  #take(told) {
    this.told = told;
    const {header, arrays} = told;
    this.stores = storesOf(header, arrays);
    this.differs = header.differs;
    this.labels = labelsOf(header.runs, header.differs);
    this.config = {...this.config, charts: header.charts, steps: Math.max(1, ...header.runs.map(({steps}) => steps))};
    this.judged = header.judged;
    this.missing = header.missing;
    this.study = header.study;
    this.repeated = header.repeated;
    if (!this.chart && header.charts.length) this.#show();
    this.touch(true);
  }

  // The chart can be built, since it is known what it can show.
  #show() {
    const {charts} = this.config;
    const {metric, log} = this.asked;
    const shown = charts.find(({name}) => name === metric) ?? charts.find(({name}) => name === this.judged);
    this.races = [new RaceChart(this, shown ?? charts[0], 0)];
    if (log !== null) this.chart.setLog(log === "1");
    this.chart.logButton.addEventListener("click", () => this.report());
    this.toolbar = new Toolbar(this);
    this.toolbar.refresh();
    this.values = new ValuesTable(this);
    this.settings = new SettingsTable(this);
    this.painter.charts.add(this.chart);
    this.body.append(this.toolbar.element, this.chart.element, this.values.element, this.settings.element);
  }

  // --- the screen -----------------------------------------------------------------------------------------------

  #build(parent) {
    const {t} = this;
    this.sentinel = h("span", {class: "lab-sentinel", "aria-hidden": "true"});
    const all = `${location.pathname}${query(spoken())}`;
    this.planned = h("a", {"data-action": "study"});
    this.hand = h("p", {class: "compare-hand"}, `${t("library.compare.hand")} `, this.planned);
    this.absent = h("p", {class: "compare-missing", role: "status"});
    this.line = new QuietLine();
    this.body = h("div", {class: "compare-body"});
    const back = h("a", {href: all, "data-action": "all"}, t("library.compare.all"));
    const head = h("div", {class: "compare-head"}, back, this.hand, this.line.element);
    this.root = h("div", {class: "lab compare", lang: this.language}, this.sentinel, head, this.absent, this.body);
    parent.append(this.root);
    this.#readTheme();
    this.unwatch = watchTheme(this.sentinel, () => {
      this.#readTheme();
      this.touch(true);
    });
    this.seen = () => document.hidden || !this.isResting || this.#load();
    document.addEventListener("visibilitychange", this.seen);
    this.refresh();
  }

  #readTheme() {
    const theme = readTheme(this.root);
    const runs = RUN_DASHES.map((_, run) => theme.groups[run % theme.groups.length]);
    this.theme = {...theme, arms: [theme.arms[0], ...runs]};
    this.root.style.setProperty("color-scheme", theme.dark ? "dark" : "light");
  }

  refresh() {
    const {t, missing, stores} = this;
    this.hand.hidden = stores.length < this.fewest;
    this.body.hidden = !stores.length;
    this.#complain();
    this.planned.hidden = !this.study;
    if (this.study) this.planned.setAttribute("href", this.study);
    const alone = this.labels[stores.findIndex(({run}) => run === this.repeated)];
    setText(this.planned, alone ? t("library.compare.study.one", {run: alone}) : t("library.compare.study"));
    const isUnshared = stores.length > 0 && !this.config.charts.length;
    const texts = [
      this.told || this.trouble ? "" : t("library.compare.asking"),
      missing.length ? t("library.compare.missing", {ids: missing.join(", ")}) : "",
      isUnshared ? t("library.compare.unshared") : "",
    ];
    setText(this.absent, texts.filter(Boolean).join(" "));
    this.absent.hidden = !this.absent.textContent;
    this.values?.refresh();
    this.settings?.refresh();
  }

  // Says why something is not as it should be, as long as it is so.
  #complain() {
    const text = this.trouble || this.lacking;
    if (this.line.says(text)) return;
    if (text) this.line.say(text, {isTrouble: true});
    else this.line.clear();
  }

  // What the address says: the runs, and what is shown otherwise than at first.
  #params() {
    const {chart, metric, view} = this;
    const declared = this.config.charts.find(({name}) => name === metric);
    return {
      compare: this.ids.join(","),
      ...(this.reference === this.ids[0] ? {} : {reference: this.reference}),
      ...(metric && metric !== this.judged ? {metric} : {}),
      ...(view.x === AXES[0] ? {} : {x: view.x}),
      ...(view.smooth === 1 ? {} : {smooth: String(view.smooth)}),
      ...(declared && declared.log !== chart.log ? {log: chart.log ? "1" : "0"} : {}),
      ...spoken(),
    };
  }

  destroy() {
    this.gone = true;
    clearTimeout(this.timer);
    this.address.stop();
    this.line.clear();
    this.unwatch();
    document.removeEventListener("visibilitychange", this.seen);
    for (const chart of this.races) chart.destroy();
    this.painter.stop();
    this.root.remove();
  }
}
