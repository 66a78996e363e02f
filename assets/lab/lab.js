// The live lab of one trick: a race of arms, the knobs that steer it, and the inside of the trick as it runs.
//
// `mount` is all the page needs; everything the lab shows comes from its configuration and its live socket.

import {loadPlotly, Painter} from "./charts/painter.js";
import {captionOf} from "./charts/pictures.js";
import {RaceChart} from "./charts/race.js";
import {Knob} from "./controls/knob.js";
import {Legend, MOST_ARMS} from "./controls/legend.js";
import {Segments} from "./controls/segments.js";
import {Exports, Transport} from "./controls/transport.js";
import {Voice} from "./controls/voice.js";
import {arrival, query, toParams} from "./data/address.js";
import {endLine} from "./data/ending.js";
import {nameArms} from "./data/names.js";
import {keptValue, plannedEnd} from "./data/plan.js";
import {lastAtMost, Store} from "./data/store.js";
import {makeText, naming, symbolText, unstartedText, valueText} from "./data/text.js";
import {copyButton, h, loadStyle, onPrint, setFlag, setText, showCurrentPage} from "./page/dom.js";
import {helpDialog, listen} from "./page/keys.js";
import {Lease} from "./page/lease.js";
import {Outbox} from "./page/outbox.js";
import {LiveSocket} from "./page/socket.js";
import {readTheme, watchTheme} from "./page/theme.js";
import {Panels} from "./panels/panels.js";
import {StandingsTable} from "./tables/standings_table.js";

const FIRST_EXPLORED_SEED = 100; // those below are for reporting
const EMBED = ["embed", "embed_options"]; // Streamlit's own parameters
const PREVIEW_MS = 2000;
const WRITE_MS = 300;
const WAITING_MS = 500;
let mounted = false;

/**
 * Puts the lab into an element of the page.
 *
 * @param {HTMLElement} parent
 * @param {object} config what to show (see `pages/lab/view.py`)
 * @param {{setState: function(string, object)}} host `setState("settings", settings)` is told when a control is let go
 * @returns {{update: function(object), destroy: function()}}
 */
export function mount(parent, config, host) {
  loadStyle(new URL("./lab.css", import.meta.url).href);
  showCurrentPage();
  let given = JSON.stringify(config);
  let lab = new Lab(parent, config, host, mounted);
  mounted = true;
  return {
    update(next) {
      const text = JSON.stringify(next);
      if (text === given) return;
      given = text;
      if (lab.fits(next)) return void lab.apply(next);
      if (next.trick === lab.config.trick && next.task !== lab.config.task) lab.send({type: "stop"});
      lab.destroy();
      lab = new Lab(parent, next, host, true);
    },
    destroy() {
      lab.destroy();
    },
  };
}

class Lab {
  constructor(parent, config, host, again) {
    this.config = config;
    this.host = host;
    this.t = makeText(config.labels);
    this.name = naming(config, this.t);
    this.present = config.view === "present";
    this.font = 12;
    this.store = new Store();
    this.ghost = null;
    this.painter = new Painter();
    this.preview = new Map();
    this.view = {x: "step", smooth: this.#defaultSmoothing(), ghost: false};
    this.cursor = null; // the step a person points at
    this.cursorAt = null; // the same on the x axis
    this.selected = 1;
    this.chosen = 0;
    this.starting = false;
    this.#read(config);
    this.good = {...this.values};
    this.lease = new Lease(config.trick);
    this.outbox = new Outbox((message) => this.send(message));
    this.parent = parent;
    this.#build(parent);
    this.socket = new LiveSocket(config.socket, {
      opened: () => this.#opened(),
      frame: (header, arrays) => this.#frame(header, arrays),
      dropped: (_wait, reason) => this.#dropped(reason),
    });
    this.#waitFor("lab.connection.first", () => !this.socket.open);
    loadPlotly(config.plotly).then(
      () => this.touch(true),
      () => this.say("note", this.t("lab.plotly.missing")),
    );
    this.#recall(again);
  }

  // Who the tab is: the run it watched before a reload, a run the address asks for, or none yet.
  async #recall(again) {
    const come = arrival(again);
    const isNew = come === "link" && (this.config.autostart || !again);
    const run = isNew ? null : await this.lease.recall(this.settings(), come === "reload" || this.#isPlain());
    if (this.gone) return;
    this.recalled = run;
    this.ready = true;
    if (this.socket.open) this.#begin();
  }

  // Whether the address says nothing, as that of the page's own link.
  #isPlain() {
    return Object.keys(toParams(this.settings(), this.#charts(), this.config)).length === 0;
  }

  #begin() {
    if (this.owed) {
      this.begun = true;
      this.say("connection", "");
      return void this.start(this.owed);
    }
    if (this.store.run ?? this.recalled) return void this.send({type: "attach", run: this.store.run ?? this.recalled});
    if (this.config.autostart && !this.begun) this.start();
    this.begun = true;
  }

  #read(config) {
    this.values = Object.fromEntries([...config.knobs, ...config.settings].map(({name, value}) => [name, value]));
    this.seed = config.seed;
    this.steps = config.steps;
    this.speed = config.speed;
    const own = this.armKnobs(1);
    this.extra = (config.extra_arms ?? []).map((knobs) => ({...own, ...knobs}));
  }

  #defaultSmoothing() {
    return Math.max(1, Math.round(this.config.steps / 100));
  }

  // --- what others ask of the lab ------------------------------------------------------------------------------

  get state() {
    return this.store.state;
  }

  get active() {
    return this.state === "running" || this.state === "paused";
  }

  get narrow() {
    return this.root.clientWidth < 760 && !this.present;
  }

  /** Changes that wait for the next start of a run that is still going. */
  get waiting() {
    return this.active && !this.starting && this.#differs();
  }

  /** The arms on the charts. */
  arms() {
    return this.store.run ? this.#labeled(this.store.head.called) : this.planned();
  }

  /** The arms of the next start; while a run lasts its own keep their names. */
  planned() {
    const names = nameArms(this.#plannedKnobs(), this);
    return this.#labeled(this.active ? names.map((name, arm) => this.store.head.called[arm] ?? name) : names);
  }

  #plannedKnobs() {
    return [this.armKnobs(1), ...this.extra];
  }

  #labeled(names) {
    return names.map((label, index) => ({index, label}));
  }

  armKnobs(arm) {
    if (arm > 1) return this.extra[arm - 2];
    return Object.fromEntries(this.config.knobs.map(({name}) => [name, this.values[name]]));
  }

  settings() {
    const {seed, steps, values} = this;
    const {trick, task} = this.config;
    return {trick, task, seed, steps, values: {...values}, extra_arms: this.extra.map((knobs) => ({...knobs}))};
  }

  symbol(name) {
    const declared = [...this.config.knobs, ...this.config.settings].find((knob) => knob.name === name);
    return symbolText(declared?.symbol || declared?.label || name);
  }

  /** A value as it is said of that knob: numbers in three digits, choices by their label. */
  valueText(name, value) {
    return valueText(this.config.labels, name, value);
  }

  knobsText(knobs) {
    const shown = this.config.knobs.filter(({name}) => name in knobs).map(({name}) => name);
    const named = shown.length
      ? shown
      : this.config.settings.filter(({live, name}) => live && name in knobs).map(({name}) => name);
    return named.map((name) => `${this.symbol(name)} ${this.valueText(name, knobs[name])}`).join(", ");
  }

  plannedEnd(unit) {
    return plannedEnd(unit, this.steps, this.values);
  }

  nowAt(unit) {
    return Math.max(...this.store.arms.map((_, arm) => this.store.axis(arm, unit)(this.store.step)));
  }

  /** Whether curves are labeled by arm and quantity, on any of the charts: they all leave the same room for it. */
  get labelsTraces() {
    return this.races.some(({traces}) => traces.length > 1);
  }

  waitingText() {
    return this.starting ? this.t("lab.starting") : (this.unstarted ?? this.t("lab.empty.race"));
  }

  hintText() {
    return this.t("lab.hint");
  }

  endText() {
    return endLine(this);
  }

  say(kind, text) {
    this.voice.say(kind, text);
  }

  send(message) {
    return this.socket.send(message);
  }

  /** Tells the page the settings, for its address; only when a control is let go. */
  report(task = this.config.task) {
    clearTimeout(this.reporting);
    this.say("refused", "");
    const same = task === this.config.task;
    const settings = {...this.settings(), task, speed: this.speed, charts: this.#charts()};
    if (!same) Object.assign(settings, {values: {}, extra_arms: [], charts: []});
    this.#write();
    this.host.setState("settings", settings);
  }

  // Browsers take about a hundred changes of the address in half a minute, and a drag makes more.
  #writeSoon() {
    this.writing ??= setTimeout(() => this.#write(), WRITE_MS);
  }

  // The address says at once what is set, and the tab keeps it with its run: neither waits for the server.
  #write() {
    clearTimeout(this.writing);
    this.writing = null;
    const params = toParams(this.settings(), this.#charts(), this.config);
    this.written = query({...foreign(), ...params});
    if (location.search !== this.written) {
      history.replaceState(history.state, "", `${location.pathname}${this.written}${location.hash}`);
    }
    this.#keep();
  }

  #keep() {
    if (this.store.run) this.lease.keep(this.store.run, this.settings(), {view: this.view, selected: this.selected});
  }

  /** Whether the address is still what this lab wrote, so that nobody has followed a link since. */
  get #isOwn() {
    return !this.config.autostart && location.search === this.written;
  }

  #charts() {
    return this.races.map(({shown}) => shown).filter(Boolean);
  }

  // Puts the address of what is set on the clipboard, for others to open.
  #addressButton() {
    const address = () => {
      this.#write();
      return location.href;
    };
    const button = copyButton("address", this.t("lab.copy.address"), this.t, address);
    button.title = this.t("lab.copy.address.help");
    return button;
  }

  // Asks the page for the other view; the run goes on.
  #viewButton(view) {
    const show = () => {
      this.#write();
      this.host.setState("settings", {...this.settings(), speed: this.speed, charts: this.#charts(), view});
    };
    const parts = {type: "button", class: "lab-button lab-text-button", "data-action": view, onclick: show};
    return h("button", {...parts, title: this.t(`lab.view.help.${view}`)}, this.t(`lab.view.${view}`));
  }

  // Asks the page to open its repeat over seeds and to begin it.
  #repeatButton() {
    const repeat = () => {
      this.#write();
      this.host.setState("settings", {...this.settings(), speed: this.speed, charts: this.#charts(), repeat: true});
    };
    const parts = {
      type: "button",
      class: "lab-button lab-text-button",
      "data-action": "seeds",
      title: this.t("lab.repeat.help"),
    };
    return h("button", {...parts, onclick: repeat}, this.t("lab.repeat"));
  }

  #reportSoon() {
    clearTimeout(this.reporting);
    this.reporting = setTimeout(() => this.report(), 400);
  }

  // --- what a person does --------------------------------------------------------------------------------------

  toggle() {
    if (this.state === "running") this.send({type: "pause"});
    else if (this.state === "paused") this.send({type: "resume"});
    else this.start();
  }

  oneStep() {
    if (this.starting) return;
    if (!this.active) return void this.start({paused: true, stepping: true});
    if (this.state === "running") this.send({type: "pause"});
    this.send({type: "step"});
  }

  restart() {
    this.start();
  }

  reseed() {
    this.setSeed(Math.max(this.seed + 1, FIRST_EXPLORED_SEED));
    this.start();
  }

  start({paused = false, stepping = false} = {}) {
    this.outbox.clear();
    const message = {type: "start", ...this.settings(), speed: this.speed, paused};
    this.owed = this.ready && this.send(message) ? null : {paused, stepping};
    if (this.owed) return void (this.socket.open || this.say("connection", this.t("lab.connection.owed")));
    this.starting = true;
    this.stepping = stepping;
    this.unstarted = null; // why the last press did not start a run: it stays until the next one
    this.say("unstarted", "");
    this.say("refused", "");
    this.say("note", "");
    this.#waitFor("lab.starting", () => this.starting);
    this.refresh();
    this.touch(true);
  }

  // Says what is being waited for once that takes longer than half a second.
  #waitFor(label, lasts) {
    clearTimeout(this.slow);
    this.slow = setTimeout(() => lasts() && this.say("waiting", this.t(label)), WAITING_MS);
  }

  setSpeed(speed) {
    this.speed = speed;
    if (this.active) this.outbox.put("speed", {type: "speed", steps_per_s: speed});
    this.transport.refresh();
  }

  setSteps(steps) {
    this.steps = steps;
    this.#changed();
    this.touch(true); // empty charts are as long as the run will be
    this.report();
  }

  setSeed(seed) {
    this.seed = seed;
    this.#changed();
    this.report();
  }

  setTask(task) {
    this.report(task);
  }

  addArm() {
    if (this.planned().length >= MOST_ARMS) return;
    this.extra.push({...this.armKnobs(this.selected)});
    this.select(this.extra.length + 1);
    this.#changed();
    this.report();
  }

  removeArm(index) {
    this.extra.splice(index - 2, 1);
    this.select(Math.min(this.selected, this.extra.length + 1));
    this.#changed();
    this.report();
  }

  select(arm) {
    this.selected = arm;
    this.#showValues();
    this.askPreview();
    this.refresh();
    this.panels.touch(true);
  }

  /** A knob or setting moved. */
  turn(declared, value) {
    const {name, live} = declared;
    const own = this.config.knobs.some((knob) => knob.name === name);
    if (own && this.selected > 1) this.extra[this.selected - 2][name] = value;
    else this.values[name] = value;
    const arm = own ? this.selected : null;
    const there = arm === null || arm < this.store.arms.length;
    if (live && this.active && there) this.outbox.put(`${name} ${arm}`, {type: "turn", name, value, arm});
    this.askPreview();
    this.#changed();
    this.#writeSoon();
  }

  nudge(direction) {
    const knob = this.controls.get(this.#mainKnobs()[this.chosen] ?? this.#mainKnobs()[0]);
    if (!knob) return;
    knob.nudge(direction);
    this.#reportSoon();
  }

  chooseKnob(index) {
    if (index >= this.#mainKnobs().length) return;
    this.chosen = index;
    this.#mark();
  }

  nextChart() {
    if (!this.present) return;
    this.shown = ((this.shown ?? 0) + 1) % this.races.length;
    for (const [i, chart] of this.races.entries()) chart.element.hidden = i !== this.shown;
    this.touch(true);
  }

  setCursor(at) {
    if (at === this.cursorAt) return;
    this.cursorAt = at;
    this.cursor = at === null ? null : this.#stepAt(at);
    this.panels.touch(true);
  }

  #stepAt(at) {
    if (this.view.x === "step") return at;
    if (this.view.x === "epoch") return at * this.store.head.steps_per_epoch;
    const {rows} = this.store.arms[0];
    return rows.view("step")[Math.max(0, lastAtMost(rows.view("elapsed_s"), at))] ?? 0;
  }

  #mainKnobs() {
    if (this.present && this.config.present_knobs?.length) return this.config.present_knobs;
    return this.config.knobs.map(({name}) => name);
  }

  // --- what the page says --------------------------------------------------------------------------------------

  /** Whether a configuration is for the lab as it stands, so that only values changed. */
  fits(config) {
    const shape = ["trick", "task", "view", "language", "labels", "panels", "charts", "tasks"];
    return shape.every((key) => JSON.stringify(config[key]) === JSON.stringify(this.config[key]));
  }

  /** Takes the values of a configuration (a reset, a link), or new ranges of the knobs. */
  apply(config) {
    const shape = (knobs) => JSON.stringify(knobs.map((knob) => ({...knob, value: null})));
    const before = this.config;
    const redeclared = shape(before.knobs) !== shape(config.knobs) || shape(before.settings) !== shape(config.settings);
    this.config = config;
    const {values, seed, steps, speed, extra} = this;
    this.#read(config);
    // An answer to what this lab reported itself does not move a knob that has gone on since.
    if (this.#isOwn) Object.assign(this, {values, seed, steps, speed, extra});
    else {
      this.selected = 1;
      for (const [i, {name}] of config.race.entries()) if (this.races[i]?.choice) this.races[i].show(name);
      if (this.active) this.#sendLive();
      if (config.autostart) {
        this.start();
        this.#comeIntoView();
      }
    }
    if (redeclared) this.#rebuildKnobs();
    this.#showValues();
    this.askPreview();
    this.#changed();
    this.#write();
  }

  destroy() {
    this.gone = true;
    clearTimeout(this.reporting);
    clearTimeout(this.writing);
    clearTimeout(this.slow);
    clearTimeout(this.previewTimer);
    this.socket.close();
    this.lease.close();
    this.painter.stop();
    this.unlisten();
    this.unwatch();
    this.unprint();
    this.sizes.disconnect();
    removeEventListener("resize", this.measure);
    document.removeEventListener("visibilitychange", this.seen);
    for (const chart of this.races) chart.destroy();
    this.panels.destroy();
    this.root.remove();
  }

  // --- what the server says ------------------------------------------------------------------------------------

  #opened() {
    this.say("connection", "");
    this.say("waiting", "");
    if (this.ready) this.#begin();
    this.previewing = false;
    this.askPreview();
  }

  #dropped(reason) {
    this.previewing = false;
    this.starting = false;
    this.say("waiting", "");
    this.say("connection", reason ? this.t("lab.connection.reason", {reason}) : this.t("lab.connection.lost"));
    this.refresh();
  }

  #frame(header, arrays) {
    if (header.type === "rows") this.#rows(header, arrays);
    else if (header.type === "snapshot") this.#snapshot(header, arrays);
    else if (header.type === "preview") this.#previewed(arrays);
    else if (header.type === "refused") this.#refused(header);
    else if (header.type === "note") this.say("note", header.message);
    else if (header.type === "gone") this.#lost();
  }

  #snapshot(header, arrays) {
    const before = this.store;
    const fresh = before.run !== header.run;
    if (fresh && before.step > 0) this.ghost = before;
    this.store = Store.fromSnapshot(header, arrays, before);
    const reloaded = this.recalled === header.run && !before.run;
    this.starting = false;
    clearTimeout(this.slow);
    this.say("waiting", "");
    this.say("connection", "");
    if (reloaded) this.#adopt(header);
    else if (this.active) this.#sendLive();
    this.#keep();
    if (fresh) this.#reset();
    this.say("note", header.note ?? "");
    if (this.stepping) this.send({type: "step"});
    this.stepping = false;
    this.refresh();
    this.touch(true);
  }

  #rows(header, arrays) {
    if (!this.store.run) return;
    const turned = header.state !== this.state;
    const urgent = this.store.add(header, arrays) || turned;
    if (header.note !== undefined) this.say("note", header.note ?? "");
    this.refresh();
    for (const chart of this.races) chart.touch(urgent);
    this.standings.touch(urgent);
    if (this.cursor === null) this.panels.touch(urgent);
  }

  #previewed(arrays) {
    this.previewing = false;
    clearTimeout(this.previewTimer);
    this.preview = new Map(arrays.filter(({group}) => group === "preview").map((array) => [array.name, array]));
    this.good = {...this.good, ...this.asked};
    this.panels.touch(true);
    if (this.previewAgain) this.askPreview();
  }

  // The message begins with the name it refuses: it is said beside that knob, which goes back to the value in force.
  #refused({message}) {
    this.previewing = false;
    if (/^(turn|pause|resume|step|stop|speed) needs a run/.test(message)) return; // it ended while that was under way
    if (this.starting) {
      this.starting = false;
      this.unstarted = unstartedText(message, this.t);
      clearTimeout(this.slow);
      this.say("waiting", "");
      this.say("unstarted", this.unstarted);
      this.touch(true);
    }
    const name = /^\w+/.exec(message)?.[0];
    const knob = this.controls.get(name);
    if (!knob) return void (this.unstarted || this.say("refused", message));
    const own = this.config.knobs.some((declared) => declared.name === name);
    const running = own ? this.store.head.knobs?.[this.selected]?.[name] : this.store.head.settings?.[name];
    const value = keptValue(knob.declared, {active: this.active, inForce: running, good: this.good});
    if (own && this.selected > 1) this.extra[this.selected - 2][name] = value;
    else this.values[name] = value;
    knob.show(value);
    knob.refuse(message);
    this.#changed();
    this.askPreview();
  }

  #lost() {
    const had = this.store.run;
    this.recalled = null;
    this.lease.keep(null);
    if (had) {
      this.store.head.state = "stopped";
      this.say("note", this.t("lab.gone"));
      this.store.run = null;
      this.ghost = this.store;
      this.store = new Store();
      this.#reset();
    } else if (this.config.autostart) this.start();
    this.refresh();
    this.touch(true);
  }

  // After a reload the run tells where its knobs stand.
  #adopt(header) {
    const {spec} = header;
    const knobs = header.knobs ?? spec.arms.map((arm) => arm.knobs);
    Object.assign(this.values, pickKnown(this.values, {...spec.settings, ...header.settings, ...knobs[1]}));
    this.extra = knobs.slice(2).map((one) => ({...one}));
    this.seed = spec.seed;
    this.steps = spec.steps;
    if (header.speed !== undefined) this.speed = header.speed;
    const {view, selected} = this.lease.asked ?? {};
    if (view) this.#look(view);
    this.selected = Math.min(selected ?? 1, this.extra.length + 1);
    this.#showValues();
    this.askPreview();
    this.#write();
  }

  // Shows the run as it was looked at.
  #look(view) {
    Object.assign(this.view, pickKnown(this.view, view));
    this.showView?.();
  }

  // After a gap the page tells where its knobs stand.
  #sendLive() {
    const {store} = this;
    const put = (declared, value, arm, held) => {
      if (!declared.live || held === undefined || held === value) return;
      this.outbox.put(`${declared.name} ${arm}`, {type: "turn", name: declared.name, value, arm});
    };
    for (const declared of this.config.settings) {
      put(declared, this.values[declared.name], null, store.head.settings?.[declared.name]);
    }
    this.#plannedKnobs().forEach((knobs, i) => {
      for (const declared of this.config.knobs)
        put(declared, knobs[declared.name], i + 1, store.head.knobs?.[i + 1]?.[declared.name]);
    });
  }

  /** Asks for the preview arrays of the knobs as they stand: one question at a time, the latest wins. */
  askPreview() {
    if (!this.config.panels.some(({kind, preview}) => kind === "curve" || preview)) return;
    this.previewAgain = this.previewing;
    if (this.previewing) return;
    const {trick, task, steps} = this.settings();
    const values = {...this.values, ...this.armKnobs(this.selected)};
    if (!this.send({type: "preview", trick, task, steps, values})) return;
    this.previewing = true;
    this.asked = values;
    clearTimeout(this.previewTimer);
    this.previewTimer = setTimeout(() => {
      this.previewing = false;
      if (this.previewAgain) this.askPreview();
    }, PREVIEW_MS);
  }

  // --- the screen ----------------------------------------------------------------------------------------------

  #build(parent) {
    const {config, t, present} = this;
    this.sentinel = h("span", {class: "lab-sentinel", "aria-hidden": "true"});
    this.body = h("div", {class: "lab-body"});
    this.help = helpDialog(t);
    this.root = h(
      "div",
      {class: "lab", "data-view": config.view, lang: config.language},
      this.sentinel,
      this.body,
      this.help,
    );
    parent.append(this.root);
    this.theme = readTheme(this.root);
    this.#paintTheme();
    this.exports = new Exports(this);
    this.transport = new Transport(this);
    this.transport.progress.append(this.exports.element, this.#addressButton());
    this.voice = new Voice(this);
    if (!this.present) this.voice.element.append(this.#viewButton("present"), this.#repeatButton());
    this.legend = new Legend(this);
    this.races = config.race.map((declared, index) => new RaceChart(this, declared, index));
    this.panels = new Panels(this);
    this.standings = new StandingsTable(this);
    this.colophon = h("p", {class: "lab-colophon"});
    this.controls = new Map();
    this.knobs = h("section", {class: "lab-knobs", "aria-label": t("lab.knobs")});
    this.shared = h("section", {class: "lab-settings", "aria-label": t("lab.settings")});
    this.#rebuildKnobs();
    const race = h("section", {class: "lab-race", "aria-label": t("lab.race")});
    if (present) {
      race.append(...this.races.map((chart) => chart.element));
      for (const [i, chart] of this.races.entries()) chart.element.hidden = i > 0;
      const side = h("div", {class: "lab-side"}, this.panels.element, this.standings.element);
      const told = h("div", {class: "lab-told"}, this.transport.bar, this.transport.where, this.transport.seeded);
      const foot = h("div", {class: "lab-foot"}, this.transport.primary, this.knobs, this.#viewButton("lab"));
      this.body.append(this.voice.element, h("div", {class: "lab-main"}, race, side), told, foot);
    } else {
      race.append(this.#toolbar(), ...this.races.map((chart) => chart.element));
      const side = h("div", {class: "lab-side"}, this.knobs, this.panels.element);
      this.body.append(
        this.transport.element,
        this.voice.element,
        h("div", {class: "lab-main"}, race, side),
        this.shared,
        this.standings.element,
        this.colophon,
      );
    }
    for (const one of [...this.races, ...this.panels.panels, this.standings]) this.painter.charts.add(one);
    this.unlisten = listen(this);
    this.unwatch = watchTheme(this.sentinel, () => this.#retheme());
    this.unprint = onPrint((prints) => this.#print(prints));
    this.measure = () => this.#measure();
    addEventListener("resize", this.measure);
    this.sizes = new ResizeObserver(this.measure);
    this.sizes.observe(this.root);
    if (parent.parentElement) this.sizes.observe(parent.parentElement);
    this.seen = () => document.hidden || this.touch(true);
    document.addEventListener("visibilitychange", this.seen);
    this.#measure();
    this.refresh();
  }

  #toolbar() {
    const {t} = this;
    const axes = new Segments({
      label: t("lab.axis"),
      name: "x",
      value: this.view.x,
      choices: ["step", "epoch", "seconds"].map((value) => ({value, label: t(`lab.axis.short.${value}`)})),
      onchange: (x) => {
        this.view.x = x;
        this.#reset();
        this.touch(true);
        this.#keep();
      },
    });
    const smoothing = h("input", {
      type: "range",
      class: "lab-range",
      min: 0,
      max: 60,
      "data-range": "smooth",
      "aria-label": t("lab.smooth"),
    });
    const told = h("output", {class: "lab-smooth-text"});
    const most = Math.max(20, this.config.steps / 5);
    const showSmoothing = () => {
      smoothing.value = String(Math.round((60 * Math.log(this.view.smooth)) / Math.log(most)));
      told.textContent = this.view.smooth > 1 ? t("lab.smooth.steps", {steps: this.view.smooth}) : t("lab.smooth.off");
    };
    smoothing.addEventListener("input", () => {
      this.view.smooth = Math.round(most ** (smoothing.value / 60));
      showSmoothing();
      this.touch(true);
      this.#keep();
    });
    const ghost = h("input", {type: "checkbox", "data-toggle": "ghost"});
    ghost.addEventListener("change", () => {
      this.view.ghost = ghost.checked;
      this.touch(true);
      this.#keep();
    });
    this.showView = () => {
      axes.value = this.view.x;
      ghost.checked = this.view.ghost;
      showSmoothing();
    };
    this.showView();
    this.ghostField = h(
      "label",
      {class: "lab-field", title: t("lab.ghost.help")},
      ghost,
      h("span", {}, t("lab.ghost")),
    );
    return h(
      "div",
      {class: "lab-toolbar"},
      this.legend.element,
      axes.element,
      h("label", {class: "lab-field"}, h("span", {}, t("lab.smooth")), smoothing, told),
      this.ghostField,
    );
  }

  #rebuildKnobs() {
    const {config, t, present} = this;
    this.controls.clear();
    const make = (declared, options) => {
      const on = {turn: (value) => this.turn(declared, value), settle: () => this.report()};
      const knob = new Knob(declared, {t, ...options}, on);
      this.controls.set(declared.name, knob);
      return knob.element;
    };
    const main = this.#mainKnobs();
    const shown = present ? config.knobs.filter(({name}) => main.includes(name)) : config.knobs;
    const extra = present ? config.settings.filter(({name}) => main.includes(name)) : [];
    this.knobs.replaceChildren(...[...shown, ...extra].map((declared) => make(declared, {compact: false})));
    setFlag(this.knobs, "data-dense", config.knobs.length > 3);
    if (!present) {
      const title = h("span", {class: "lab-settings-title"}, t("lab.settings"));
      this.shared.replaceChildren(
        title,
        ...config.settings.map((declared) => make(declared, {compact: true, slider: declared.live})),
      );
    }
    this.#mark();
    this.#showValues();
  }

  #mark() {
    const main = this.#mainKnobs()[this.chosen];
    for (const [name, knob] of this.controls)
      setFlag(knob.element, "data-chosen", this.present && name === main && this.#mainKnobs().length > 1);
  }

  #showValues() {
    const values = {...this.values, ...this.armKnobs(this.selected)};
    for (const [name, knob] of this.controls) {
      knob.show(values[name]);
      knob.idleAt(values);
    }
  }

  // What waits for the next start, and whether anything does.
  #differs() {
    const {spec} = this.store;
    if (!spec) return false;
    const knobs = this.#plannedKnobs();
    if (spec.steps !== this.steps || spec.seed !== this.seed || spec.arms.length !== knobs.length + 1) return true;
    if (this.config.settings.some(({name, live}) => !live && spec.settings[name] !== this.values[name])) return true;
    return this.config.knobs.some(
      ({name, live}) => !live && knobs.some((one, i) => spec.arms[i + 1].knobs[name] !== one[name]),
    );
  }

  #changed() {
    const {spec} = this.store;
    const values = {...this.values, ...this.armKnobs(this.selected)};
    for (const [name, knob] of this.controls) {
      knob.idleAt(values);
      if (knob.declared.live || !spec) continue;
      const held = spec.arms[this.selected]?.knobs[name] ?? spec.settings[name];
      knob.pending = this.active && held !== undefined && held !== knob.value;
    }
    this.refresh();
  }

  #reset() {
    for (const chart of this.races) chart.reset();
    for (const panel of this.panels.panels ?? []) panel.reset();
    this.setCursor(null);
    this.#changed();
  }

  /** Marks every chart as out of date. */
  touch(urgent) {
    for (const chart of this.races) chart.touch(urgent);
    this.standings.touch(urgent);
    this.panels.touch(urgent);
  }

  /** Shows the run's state in everything that is not a chart. */
  refresh() {
    this.transport.refresh();
    this.voice.refresh();
    this.legend.refresh();
    this.exports.refresh();
    if (this.ghostField) this.ghostField.hidden = !this.ghost;
  }

  #paintTheme() {
    this.root.style.setProperty("--lab-on-accent", this.theme.onAccent);
    this.root.style.setProperty("color-scheme", this.theme.dark ? "dark" : "light");
  }

  #retheme() {
    const theme = readTheme(this.root);
    if (JSON.stringify(theme) === JSON.stringify(this.theme)) return;
    this.theme = theme;
    this.#paintTheme();
    this.refresh();
    this.touch(true);
  }

  // What a link further down has started is to be seen.
  #comeIntoView() {
    const {top, bottom} = this.races[0].element.getBoundingClientRect();
    if (top < 0 || bottom > innerHeight) this.root.scrollIntoView({block: "start"});
  }

  // On paper the lab is a sheet: as wide as that, in light colors, drawn anew, with what it is of.
  #print(prints) {
    setFlag(this.root, "data-print", prints);
    const {title, lines, foot} = captionOf(this, "", []);
    setText(this.colophon, prints ? [title.replace(/: $/, ""), ...lines, foot].join(". ") : "");
    this.voice.open(prints);
    this.#retheme();
    this.#measure();
    for (const chart of this.painter.charts) {
      chart.stale = true;
      chart.paint();
    }
  }

  // The lab fills the screen's height below the page's heading, with a strip left for what follows it.
  #measure() {
    if (this.gone) return;
    const scroller = scrollParent(this.root);
    const frame = scroller === document.documentElement ? 0 : scroller.getBoundingClientRect().top;
    const top = this.root.getBoundingClientRect().top - frame + scroller.scrollTop;
    const below = this.present ? 16 : 64;
    const room = Math.round(innerHeight - Math.min(top, innerHeight / 2) - below);
    const height = Math.min(Math.max(room, this.present ? 360 : 560), this.present ? 4000 : 1100);
    this.font = this.present ? Math.max(18, Math.ceil(innerHeight / 45)) : 12;
    if (height !== this.height) this.root.style.setProperty("--lab-height", `${height}px`);
    this.height = height;
    this.root.style.setProperty("--lab-small", `${this.font}px`);
    setFlag(this.root, "data-narrow", this.narrow);
    this.panels.arrange();
    this.touch();
  }
}

// Parameters of the address that are not the lab's own: the embedding page's.
function foreign() {
  const given = new URLSearchParams(location.search);
  return Object.fromEntries([...given].filter(([name]) => EMBED.includes(name)));
}

function pickKnown(known, values) {
  return Object.fromEntries(Object.entries(values).filter(([name]) => name in known));
}

function scrollParent(element) {
  for (let above = element.parentElement; above; above = above.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(above).overflowY)) return above;
  }
  return document.documentElement;
}
