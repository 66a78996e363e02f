// A run repeated over seeds, or a knob swept over them: each seed as it arrives, bands, and what they say together.

import {SeedCurves} from "./charts/curves.js";
import {SeedDifferences} from "./charts/differences.js";
import {SeedMap} from "./charts/map.js";
import {SeedResponse} from "./charts/responses.js";
import {Segments} from "./controls/segments.js";
import {wholeBox} from "./controls/transport.js";
import {direction, signed} from "./data/standings.js";
import {meanOf, Study} from "./data/study.js";
import {count, duration, measured, naming, number} from "./data/text.js";
import {h, icon, setFlag, setText} from "./page/dom.js";
import {mounting, Stage} from "./stage.js";

const EXPORTS = [".csv", ".parquet", "-summary.csv", "-summary.parquet", ".json"]; // what follows a study's id
const answered = new Map(); // lease -> the last press of the page's own button that was answered

class Seeds extends Stage {
  static starts = "repeat";
  static lost = "lab.seeds.connection";
  races = [];
  point = 0;
  evidence = false;
  store = new Study();
  notices = new Map();

  constructor(parent, config, host, again) {
    super(parent, config, host, again, config.lease);
    this.count = config.num_seeds;
    this.metric = config.judged;
  }

  // --- what the charts ask --------------------------------------------------------------------------------------

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

  /** What can be shown: the metrics, and what else there are curves of. */
  shown() {
    const judged = this.metrics.map(({name}) => name);
    const others = new Set([...this.store.bands.keys()].map((key) => key.split(",")[3]));
    return [...judged, ...[...others].filter((name) => !judged.includes(name) && !this.swept)];
  }

  better(metric) {
    return this.metrics.find(({name}) => name === metric)?.better ?? (metric.endsWith("loss") ? "lower" : null);
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
    const knob = this.declared(name);
    return [knob?.symbol, knob?.label ?? name, knob?.unit && `(${knob.unit})`].filter(Boolean).join(" ");
  }

  responseTitle() {
    const knobs = this.axes().map(({name}) => this.declared(name)?.label ?? name);
    return this.t("lab.seeds.response", {metric: this.name(this.metric), knobs: knobs.join(", ")});
  }

  curvesTitle() {
    const row = this.swept && this.store.response(this.metric).find(({point}) => point === this.point);
    return row
      ? this.t("lab.seeds.at", {metric: this.name(this.metric), point: this.knobsText(row.values)})
      : this.name(this.metric);
  }

  responseRows() {
    const {t} = this;
    const rows = this.store
      .response(this.metric)
      .map((row) => [
        this.knobsText(row.values),
        measured(row.mean),
        measured(row.low),
        measured(row.high),
        count(row.n),
        count(row.num_diverged),
        Number.isFinite(row.difference)
          ? `${signed(row.difference)} ${t("lab.seeds.interval", {low: signed(row.difference_low), high: signed(row.difference_high)})}`
          : "–",
      ]);
    return {
      head: [
        t("lab.seeds.point"),
        t("lab.seeds.mean"),
        t("lab.seeds.low"),
        t("lab.seeds.high"),
        t("lab.seeds.n"),
        t("lab.seeds.lost"),
        t("lab.seeds.neutral"),
      ],
      rows,
    };
  }

  waitingText() {
    if (this.starting) return this.t("lab.starting");
    return this.t(this.store.going ? "lab.seeds.empty.first" : "lab.seeds.empty");
  }

  // --- what a person does ---------------------------------------------------------------------------------------

  message() {
    const {config, count: seeds, evidence} = this;
    const {trick, task} = config.start;
    return {type: "repeat", ...(evidence ? {trick, task, evidence: true} : config.start), seeds};
  }

  cancel() {
    this.send({type: "cancel"});
    this.cancelButton.disabled = true;
  }

  setMetric(metric) {
    this.metric = metric;
    for (const chart of this.charts) chart.reset();
    this.#fill();
    this.touch(true);
  }

  /** Opens the curves of a point of a sweep. */
  choose(point) {
    this.point = point;
    this.chosen = true;
    this.curves.reset();
    this.#fill();
    this.touch(true);
  }

  say(kind, text) {
    if (text) this.notices.set(kind, text);
    else this.notices.delete(kind);
    this.refresh();
  }

  /** Takes what was set on the page; a study that goes on stays as it was begun. */
  apply(config) {
    this.config = config;
    this.name = naming(config, this.t);
    this.refresh();
    this.touch(true);
    if (this.ready) this.begun();
  }

  // --- what the server says -------------------------------------------------------------------------------------

  fits(config) {
    return config.lease === this.config.lease;
  }

  settings() {
    return this.config.lease;
  }

  attach(study) {
    return {type: "attach_study", study};
  }

  // The button beside the page's own run was pressed: it is answered once.
  begun() {
    const {lease, asked} = this.config;
    if (!asked || answered.get(lease) === asked) return;
    answered.set(lease, asked);
    this.root.scrollIntoView({block: "start"});
    if (!this.store.going) this.start();
  }

  take(header, arrays) {
    if (header.type === "study") this.#study(header, arrays);
    else if (header.type === "gone_study") this.#lost();
  }

  #study(header, arrays) {
    const other = this.store.run !== header.study;
    if (header.fresh || other) this.store = new Study();
    this.store.add(header, arrays);
    this.answered();
    this.notices.delete("note");
    if (other) {
      this.lease.keep(header.study, this.config.lease);
      if (this.recalled === header.study) this.#adopt(header);
      this.chosen = false;
      this.point = 0;
      if (!this.shown().includes(this.metric)) this.metric = header.judged;
      for (const chart of this.charts) chart.reset();
    }
    // While seeds arrive the open curves stay; at the end they are those of the best setting.
    const open = this.store
      .response(this.metric)
      .some(({point, mean}) => point === this.point && Number.isFinite(mean));
    if (this.swept && !this.chosen && !(open && this.store.going)) this.point = this.#best();
    this.refresh();
    this.touch(other || this.store.state !== "running");
  }

  // After a reload the study tells what was asked for.
  #adopt({id, seeds}) {
    this.count = seeds.length;
    this.evidence = id === this.config.recipe?.id;
    if (this.recipe) this.recipe.value = this.evidence ? "evidence" : "shown";
  }

  // The point that stands best, whose curves are open until another is chosen.
  #best() {
    const rows = this.store.response(this.metric).filter(({mean}) => Number.isFinite(mean));
    const sign = this.better(this.metric) === "lower" ? 1 : -1;
    return rows.reduce((best, row) => (best && sign * (row.mean - best.mean) >= 0 ? best : row), null)?.point ?? 0;
  }

  #lost() {
    this.recalled = null;
    this.lease.keep(null);
    if (this.store.run) this.say("note", this.t("lab.seeds.gone"));
    if (this.store.going) this.store.head.state = "canceled";
    this.refresh();
  }

  // --- the screen -----------------------------------------------------------------------------------------------

  build() {
    const {config, t} = this;
    this.body.className = "many-body";
    this.root.classList.add("seeds");
    this.root.dataset.kind = config.kind;
    const press = (action, look, name, onclick) =>
      h(
        "button",
        {type: "button", class: `lab-button ${look}`, "data-action": action, onclick},
        icon(name),
        h("span", {}),
      );
    this.primary = press("repeat", "lab-primary", "run", () => this.start());
    this.cancelButton = press("cancel", "seeds-cancel", "stop", () => this.cancel());
    setText(this.cancelButton.lastChild, t("lab.seeds.cancel"));
    this.box = this.#seedsBox();
    this.recipe =
      config.recipe &&
      new Segments({
        label: t("lab.seeds.recipe"),
        name: "recipe",
        value: "shown",
        choices: ["shown", "evidence"].map((value) => ({value, label: t(`lab.seeds.recipe.${value}`)})),
        onchange: (value) => {
          this.evidence = value === "evidence";
          this.refresh();
          this.touch(true);
        },
      });
    this.bar = h(
      "div",
      {class: "lab-bar", role: "progressbar", "aria-label": t("lab.seeds.progress"), "aria-valuemin": 0},
      h("span"),
    );
    this.where = h("span", {class: "lab-where"});
    this.links = EXPORTS.map((ending) => {
      const kind = ending.replace(/[^a-z]/g, "");
      const parts = {
        class: "lab-tool lab-kept",
        "data-export": ending,
        download: true,
        title: t(`lab.seeds.export.${kind}`),
      };
      return h("a", parts, t(`lab.seeds.export.short.${kind}`));
    });
    this.exports = h("span", {class: "lab-exports", role: "group", "aria-label": t("lab.seeds.export")}, this.links);
    const field = (label, ...children) => h("label", {class: "lab-field"}, h("span", {}, label), ...children);
    this.transport = h(
      "div",
      {class: "lab-transport", role: "toolbar", "aria-label": t("lab.transport")},
      h("div", {class: "lab-buttons"}, this.primary, this.cancelButton),
      this.recipe?.element ?? null,
      field(t("lab.seeds.count"), this.box),
      h("div", {class: "lab-progress"}, this.bar, this.where),
    );
    this.which = h("p", {class: "seeds-which"});
    this.line = h("p", {class: "lab-line", "aria-live": "polite"});
    this.about = h("p", {class: "seeds-about"});
    this.verdict = h("div", {class: "seeds-verdict", "aria-live": "polite"});
    this.metricBar = h("div", {class: "many-bar"});
    this.curves = new SeedCurves(this);
    const two = Object.keys(config.swept ?? {}).length === 2;
    this.beside = !this.swept ? new SeedDifferences(this) : two ? new SeedMap(this) : new SeedResponse(this);
    this.charts = this.swept ? [this.beside, this.curves] : [this.curves, this.beside];
    this.table = h("div", {
      class: "many-table",
      tabindex: "0",
      role: "region",
      "aria-label": t(this.swept ? "lab.seeds.points" : "lab.seeds.table"),
    });
    this.cost = h("p", {class: "seeds-cost"});
    this.said = h("ul", {class: "seeds-notes"});
    const charts = this.charts.map(({element}) => element);
    const {transport, which, line, about, verdict, metricBar, table, cost, said, exports} = this;
    this.body.append(transport, which, line, about, verdict, metricBar, h("div", {class: "many-charts"}, charts));
    this.body.append(table, cost, said, exports);
    return this.charts;
  }

  #seedsBox() {
    const take = (value) => {
      this.count = value;
      this.say("refused", "");
    };
    const asked = {
      name: "seeds",
      label: this.t("lab.seeds.count"),
      low: this.config.limits.seeds[0],
      high: this.config.limits.seeds[1],
      kept: () => this.count,
      take,
    };
    const box = wholeBox(this, asked);
    box.addEventListener("blur", () => this.refresh());
    return box;
  }

  /** Shows the study's state in everything that is not a chart. */
  refresh() {
    const {store, t, config} = this;
    const {going, head} = store;
    const runs = this.swept
      ? this.count * this.axes().reduce((product, {values}) => product * values.length, 1)
      : this.count;
    setText(this.primary.lastChild, t(this.swept ? "lab.seeds.sweep" : "lab.seeds.repeat", {seeds: this.count}));
    this.primary.disabled = going || this.starting;
    setFlag(this.cancelButton, "hidden", !going);
    if (!going) this.cancelButton.disabled = false;
    if (document.activeElement !== this.box) this.box.value = String(this.count);
    const [done, total] = store.run ? [head.done, head.total] : [0, runs];
    this.bar.firstChild.style.transform = `scaleX(${total ? done / total : 0})`;
    this.bar.setAttribute("aria-valuemax", String(total));
    this.bar.setAttribute("aria-valuenow", String(done));
    const parts = [t(this.swept ? "lab.seeds.runs" : "lab.seeds.done", {done: count(done), total: count(total)})];
    if (going && Number.isFinite(head.eta_s)) parts.push(t("lab.progress.left", {left: duration(head.eta_s, t)}));
    else if (store.run && !going) parts.push(t(`lab.seeds.state.${store.state}`));
    setText(this.where, parts.join(" · "));
    setText(this.which, this.#whichText());
    setText(this.about, head.about ?? "");
    this.about.hidden = !store.run;
    this.#line();
    this.#verdict();
    this.#metrics();
    this.#fill();
    setText(this.cost, (head.cost ?? []).join(" "));
    const notes = head.notes ?? [];
    if (this.told !== notes.join("\n")) this.said.replaceChildren(...notes.map((text) => h("li", {}, text)));
    this.told = notes.join("\n");
    this.exports.hidden = !store.run || !head.done;
    for (const link of this.links) {
      const href = `${config.export}/${store.run}${link.dataset.export}`;
      if (link.getAttribute("href") !== href) link.setAttribute("href", href);
    }
  }

  #whichText() {
    const {t, config, count: seeds} = this;
    const first = config.first_seed;
    const text = t(this.swept ? "lab.seeds.which.sweep" : "lab.seeds.which", {first, last: first + seeds - 1});
    return this.evidence ? `${config.recipe.text} ${text}` : text;
  }

  #line() {
    const {t, store, notices} = this;
    const found = ["connection", "unstarted", "refused", "note"]
      .map((kind) => [kind, notices.get(kind)])
      .find(([, text]) => text);
    const differs =
      store.run && !this.starting && (store.head.id !== this.planned || store.head.seeds.length !== this.count);
    let [kind, text] = found ?? ["hint", ""];
    if (!found && this.starting) text = t("lab.starting");
    else if (!found && !store.run) text = t(this.swept ? "lab.seeds.hint.sweep" : "lab.seeds.hint");
    else if (!found && differs) text = t("lab.seeds.differs");
    else if (!found && store.state === "canceled")
      text = t("lab.seeds.canceled", {done: store.head.done, total: store.head.total});
    setText(this.line, text);
    this.line.dataset.kind = kind;
  }

  // What the seeds say of the metric that the trick is judged by, large.
  #verdict() {
    const {store, t} = this;
    const about = this.swept ? this.metric : store.head.judged;
    const lines = (store.head.lines ?? []).filter(({metric}) => metric === about);
    const names = store.head.arms ?? [];
    const called = (arm) => (names.length > 2 ? `${this.arms()[names.indexOf(arm)]?.label ?? arm}: ` : "");
    // A look at some of the seeds is not the test that was planned: it claims nothing.
    const early = store.state === "finished" ? "" : `${t("lab.seeds.verdict.early")} `;
    let texts = lines.map(({arm, text, claimed}) => [early + called(arm) + text, claimed && !early]);
    if (!texts.length && store.run && !this.swept)
      texts = [[t(store.going ? "lab.seeds.verdict.wait" : "lab.seeds.verdict.none"), null]];
    const state = JSON.stringify(texts);
    setFlag(this.verdict, "hidden", this.swept && !texts.length);
    if (state === this.verdict.dataset.state) return;
    this.verdict.dataset.state = state;
    this.verdict.replaceChildren(
      ...texts.map(([text, claimed]) => h("p", {"data-claimed": claimed === null ? false : String(claimed)}, text)),
    );
  }

  #metrics() {
    const shown = this.shown();
    const state = shown.join();
    if (this.metricBar.dataset.state !== state) {
      this.metricBar.dataset.state = state;
      this.segments = new Segments({
        label: this.t("lab.many.metric"),
        name: "metric",
        value: this.metric,
        choices: shown.map((name) => ({value: name, label: this.name(name)})),
        onchange: (metric) => this.setMetric(metric),
      });
      this.metricBar.replaceChildren(h("span", {}, this.t("lab.many.metric")), this.segments.element);
    }
    if (this.segments.value !== this.metric) this.segments.value = this.metric;
  }

  #fill() {
    const content = this.swept ? this.#points() : this.#comparisons();
    const state = JSON.stringify([content, this.swept && this.point]);
    if (state === this.filled) return;
    this.filled = state;
    if (!content.rows.length) return void this.table.replaceChildren();
    const body = content.rows.map(({cells, claimed, point}) => {
      const [first, ...rest] = cells;
      const name =
        point === undefined
          ? first
          : h(
              "button",
              {
                type: "button",
                class: "many-arm",
                "data-point": point,
                "aria-pressed": String(point === this.point),
                onclick: () => this.choose(point),
              },
              first,
            );
      const mark = {"data-claimed": claimed, "data-chosen": point !== undefined && point === this.point};
      return h(
        "tr",
        mark,
        h("th", {scope: "row"}, name),
        rest.map((cell) => h("td", {}, cell)),
      );
    });
    const focused = this.table.contains(document.activeElement)
      ? /** @type {HTMLElement} */ (document.activeElement).dataset.point
      : undefined;
    const head = content.head.map((text) => h("th", {scope: "col"}, text));
    this.table.replaceChildren(h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, body)));
    if (focused !== undefined) this.table.querySelector(`[data-point="${focused}"]`)?.focus();
  }

  // Whether a difference that is claimed is for the better; of a metric without a better side, only that there is one.
  #way({metric, mean}) {
    const better = this.better(metric);
    if (!better) return "other";
    return direction(mean, better) > 0 ? "better" : "worse";
  }

  // One row a metric and arm: where both stand, their difference, and how sure that is.
  #comparisons() {
    const {store, t} = this;
    const names = store.head.arms ?? [];
    const labels = this.arms();
    const rows = (store.head.lines ?? []).map((line) => {
      const arm = names.indexOf(line.arm);
      const mean = (index) => measured(meanOf([...store.last(index, line.metric).values()]));
      const label = names.length > 2 ? `${this.name(line.metric)}, ${labels[arm]?.label}` : this.name(line.metric);
      const interval =
        line.low === null ? "" : ` ${t("lab.seeds.interval", {low: signed(line.low), high: signed(line.high)})}`;
      const way = line.claimed && this.#way(line);
      return {
        claimed: way,
        cells: [
          label,
          mean(0),
          mean(arm),
          line.mean === null ? "–" : `${signed(line.mean)}${interval}`,
          line.effect === null || !Number.isFinite(line.effect) ? "–" : measured(line.effect, 2),
          t("lab.seeds.won.of", {won: line.won, seeds: line.num_seeds}),
          line.p_holm === null ? "–" : number(line.p_holm, 2),
          t(way ? `lab.seeds.claimed.${way}` : "lab.seeds.unclaimed"),
        ],
      };
    });
    const trick = names.length > 2 ? t("lab.many.arm") : (labels[1]?.label ?? "");
    const head = ["metric", "baseline", trick, "difference", "effect", "won", "p", "claim"];
    return {rows, head: head.map((key) => (key === trick ? trick : t(`lab.seeds.head.${key}`)))};
  }

  #points() {
    const {head, rows} = this.responseRows();
    const points = this.store.response(this.metric).map(({point}) => point);
    const ended = this.store.state === "finished";
    const told = this.store.response(this.metric).map(({claimed}) => (ended && claimed) || undefined);
    return {head, rows: rows.map((cells, i) => ({cells, point: points[i], claimed: told[i]}))};
  }
}

export const mount = mounting(Seeds, "seeds");
