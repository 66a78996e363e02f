// The live lab of one trick: a race of arms, the knobs that steer it, and the inside of the trick as it runs.
//
// `mount` is all the page needs; everything the lab shows comes from its configuration and its live socket.

import {captionOf} from "./charts/pictures.js";
import {RaceChart} from "./charts/race.js";
import {Board} from "./controls/board.js";
import {HandingOn} from "./controls/handing_on.js";
import {Legend} from "./controls/legend.js";
import {LookingBack} from "./controls/looking_back.js";
import {ReachLine} from "./controls/reach_line.js";
import {Toolbar} from "./controls/toolbar.js";
import {Exports, Transport} from "./controls/transport.js";
import {Voice} from "./controls/voice.js";
import {arrival, idOf, query, toParams} from "./data/address.js";
import {endLine} from "./data/ending.js";
import {nameArms} from "./data/names.js";
import {plannedEnd} from "./data/plan.js";
import {Reach} from "./data/reach.js";
import {lastAtMost, Store} from "./data/store.js";
import {AddressBar} from "./page/address_bar.js";
import {h, onPrint, setFlag, setText, textButton} from "./page/dom.js";
import {fontOf, heightOf} from "./page/fit.js";
import {helpDialog, listen} from "./page/keys.js";
import {Question} from "./page/question.js";
import {atMostOnceAFrame} from "./page/soon.js";
import {Past} from "./past.js";
import {Panels} from "./panels/panels.js";
import {RunPage} from "./run_page.js";
import {mounting} from "./stage.js";
import {StandingsTable} from "./tables/standings_table.js";
import {Wishes} from "./wishes.js";

const SETTLED_MS = 400; // after the last turn of a knob that nobody lets go
const SHAPE = ["trick", "task", "view", "language", "labels", "panels", "charts", "tasks", "reach"]; // of a lab, in its config

export class Lab extends RunPage {
  constructor(parent, config, host, again) {
    super(parent, config, host, again, config.trick);
    this.present = config.view === "present";
    this.reach = new Reach(config.reach);
    this.store = new Store();
    this.ghost = null; // the run before
    this.wishes = new Wishes(config);
    this.preview = new Map(); // what the knobs alone determine: name -> array
    this.good = null; // the values that it was asked for
    this.view = {x: "step", smooth: Math.max(1, Math.round(config.steps / 100)), ghost: false};
    this.pointedAt = null; // where on the x axis a person points
    this.selected = 1; // the arm whose knobs are shown
    this.flush = atMostOnceAFrame(() => this.#flush());
    this.address = new AddressBar((others) => this.wishes.write(this.#charts(), others));
    this.question = new Question(() => this.#ask());
    this.back = new Past(this);
  }

  // --- what others ask of the lab ------------------------------------------------------------------------------

  get seed() {
    return this.wishes.seed;
  }

  get steps() {
    return this.wishes.steps;
  }

  get speed() {
    return this.wishes.speed;
  }

  get narrow() {
    return this.root.clientWidth < 760 && !this.present;
  }

  /** Whether changes wait for the next start of a run that is still going. */
  get waiting() {
    return this.wishes.differs;
  }

  /** The arms on the charts. */
  arms() {
    return this.store.run ? this.store.head.called.map((label, index) => ({index, label})) : this.planned();
  }

  /**
   * The arms of the next start; those of the run that is shown keep their looks (`look`), and while it lasts their names;
   * the others wait for that start (`waits`).
   */
  planned() {
    const {wishes, store} = this;
    const names = nameArms(
      wishes.arms.map(({values}) => values),
      this,
    );
    return names.map((name, index) => {
      const place = index && store.run ? wishes.arms[index - 1].place : index;
      const label = (this.active && store.head.called[place ?? -1]) || name;
      return {index, label, look: place ?? index, waits: place === null};
    });
  }

  settings() {
    return this.wishes.settings();
  }

  /** The names of the controls that the page has, with those that are hidden. */
  get controls() {
    const {config, present, board} = this;
    if (present) return [...new Set([...board.usual, ...board.large, "seed", "charts"])];
    return [...config.knobs, ...config.settings].map(({name}) => name).concat(config.controls);
  }

  isDead(action) {
    return super.isDead(action) || (action === "reseed" && !this.reach.frees("seed"));
  }

  /** The shared settings, and the knobs of an arm; of one that the run has, as they were where one looks back. */
  valuesOf(arm) {
    const {place} = this.wishes.arms[arm - 1];
    if (this.past !== null && place !== null) return this.store.valuesAt(place, this.past);
    return {...this.wishes.values, ...this.wishes.knobs(arm)};
  }

  /** The arm that a knob of this name is turned of; null of a shared setting. */
  armOf(name) {
    return this.config.knobs.some((knob) => knob.name === name) ? this.selected : null;
  }

  declared(name) {
    return [...this.config.knobs, ...this.config.settings].find((knob) => knob.name === name);
  }

  knobsText(knobs) {
    const named = (declared) => declared.map(({name}) => name).filter((name) => name in knobs);
    const own = named(this.config.knobs);
    const shown = own.length ? own : named(this.config.settings.filter(({live}) => live));
    return super.knobsText(Object.fromEntries(shown.map((name) => [name, knobs[name]])));
  }

  plannedEnd(unit) {
    return plannedEnd(unit, this.steps, this.wishes.values);
  }

  nowAt(unit) {
    return Math.max(...this.store.arms.map((_, arm) => this.store.axis(arm, unit)(this.store.step)));
  }

  /** Whether curves are labeled by arm and quantity, on any of the charts: they all leave the same room for it. */
  get labelsTraces() {
    return this.races.some(({traces}) => traces.length > 1);
  }

  emptyText() {
    return this.t("lab.empty.race");
  }

  hintText() {
    return this.t("lab.hint");
  }

  endText() {
    return endLine(this);
  }

  // --- what the page is told ------------------------------------------------------------------------------------

  /** Tells the page the settings, for its address; only when a control is let go. */
  report(task = this.config.task) {
    clearTimeout(this.reporting);
    this.say("refused", "");
    const changes = task === this.config.task ? {} : {task, values: {}, extra_arms: [], charts: []};
    this.#tell(changes);
  }

  #tell(changes) {
    this.#write();
    const {speed, wishes} = this;
    this.host.setState("settings", {...wishes.report(), speed, charts: this.#charts(), ...changes});
  }

  #reportSoon() {
    clearTimeout(this.reporting);
    this.reporting = setTimeout(() => this.report(), SETTLED_MS);
  }

  // The address says at once what is set, and the tab keeps it with its run: neither waits for the server.
  #write() {
    this.address.write();
    this.#keep();
  }

  #keep() {
    const {store, view, selected} = this;
    if (store.run) this.lease.keep(this.ticket(store.run), this.settings(), {view, selected});
  }

  #charts() {
    return this.races.map(({shown}) => shown).filter(Boolean);
  }

  #flush() {
    const messages = this.socket.open ? this.wishes.take() : [];
    for (const message of messages) this.send(message);
    return messages.length > 0;
  }

  // What is wanted has changed: all that shows it follows.
  #changed() {
    this.board.show();
    this.refresh();
  }

  // It has changed without a hand: a refusal, another tab, a run that was come back to.
  #moved() {
    this.question.ask();
    this.#changed();
    this.address.soon();
    if (this.wishes.unreported) this.#reportSoon();
  }

  // --- what a person does --------------------------------------------------------------------------------------

  message({paused = false}) {
    return this.wishes.start(paused);
  }

  setSpeed(speed) {
    this.wishes.wantSpeed(speed);
    this.flush();
    this.transport.refresh();
  }

  setSteps(steps) {
    this.wishes.steps = steps;
    this.#changed();
    this.touch(true); // empty charts are as long as the run will be
    this.report();
  }

  setSeed(seed) {
    this.wishes.seed = seed;
    this.#changed();
    this.report();
  }

  reseed() {
    if (!this.isDead("reseed")) super.reseed();
  }

  /** Brings all controls of the page in reach, which draws it anew. */
  unlock() {
    this.#tell({unlock: true});
  }

  setTask(task) {
    this.report(task);
  }

  addArm() {
    if (this.wishes.arms.length + 1 >= this.config.limits.arms) return;
    this.select(this.wishes.add(this.selected));
    this.report();
  }

  removeArm(arm) {
    this.wishes.remove(arm);
    this.select(Math.min(this.selected, this.wishes.arms.length));
    this.report();
  }

  select(arm) {
    this.selected = arm;
    this.#changed();
    this.question.ask();
    this.panels.touch(true);
    this.#keep();
  }

  /** A knob or setting moved. */
  turn({name}, value) {
    this.wishes.want(name, this.armOf(name), value);
    this.flush();
    this.question.ask();
    this.#changed();
    this.address.soon();
  }

  nudge(direction) {
    if (this.past !== null) this.back.walk(direction);
    else if (this.board.nudge(direction)) this.#reportSoon();
  }

  chooseKnob(index) {
    this.board.choose(index);
  }

  nextChart() {
    if (!this.present || !this.reach.frees("charts")) return;
    this.shown = ((this.shown ?? 0) + 1) % this.races.length;
    for (const [i, chart] of this.races.entries()) chart.element.hidden = i !== this.shown;
    this.touch(true);
  }

  /** Looks at the race otherwise: at another x axis, smoothed, or with the run before. */
  look(changes) {
    Object.assign(this.view, changes);
    this.touch(true);
    this.#keep();
  }

  get past() {
    return this.back.step;
  }

  /** The step that the panels show: the one that a person points at, or looks back at; null for the newest. */
  get cursor() {
    return this.pointedAt === null ? this.past : this.stepAt(this.pointedAt);
  }

  /** The same on the x axis. */
  get cursorAt() {
    if (this.pointedAt !== null || this.past === null) return this.pointedAt;
    return this.store.axis(0, this.view.x)(this.past);
  }

  setCursor(at) {
    if (at === this.pointedAt) return;
    this.pointedAt = at;
    this.back.insight.ask();
    this.panels.touch(true);
  }

  /** Looks back at a step, or with null at the run as it goes. */
  rewind(step) {
    this.back.look(step);
  }

  lookBack() {
    this.back.walk(-1);
  }

  /** One looks back at another step: all that is beside the curves shows it. */
  lookedBack() {
    this.question.ask();
    this.board.show();
    this.refresh();
    this.touch(true);
  }

  /** Begins a run that goes on from a step of this one, which stays on the charts. */
  goOn({step, steps = this.store.steps}) {
    this.wishes.steps = steps;
    this.look({ghost: true});
    this.toolbar?.show();
    this.send({type: "branch", step, steps});
  }

  /** The step at a place of the x axis. */
  stepAt(at) {
    if (this.view.x === "step") return at;
    if (this.view.x === "epoch") return at * this.store.head.steps_per_epoch;
    const {rows} = this.store.arms[0];
    return rows.view("step")[Math.max(0, lastAtMost(rows.view("elapsed_s"), at))] ?? 0;
  }

  // --- what the page says --------------------------------------------------------------------------------------

  fits(config) {
    return SHAPE.every((key) => JSON.stringify(config[key]) === JSON.stringify(this.config[key]));
  }

  /** Takes the values of a configuration (a reset, a link), or new ranges of the knobs. */
  apply(config) {
    const shape = ({knobs, settings}) => JSON.stringify([knobs, settings].map((all) => all.map(withoutValue)));
    const redeclared = shape(this.config) !== shape(config);
    this.config = config;
    if (this.wishes.configured(config, location.search)) {
      this.selected = 1;
      for (const [i, {name}] of config.race.entries()) if (name) this.races[i]?.show(name);
      this.flush();
      if (config.autostart) {
        this.start();
        this.#comeIntoView();
      }
    }
    if (redeclared) this.board.rebuild();
    this.question.ask();
    this.#changed();
    this.#write();
  }

  leave(next) {
    if (next.trick === this.config.trick && next.task !== this.config.task && !this.looksOn) this.send({type: "stop"});
  }

  destroy() {
    clearTimeout(this.reporting);
    this.address.stop();
    this.question.stop();
    this.back.insight.stop();
    this.unlisten();
    this.unprint();
    this.panels.destroy();
    removeEventListener("resize", this.resized);
    super.destroy();
  }

  // --- what the server says ------------------------------------------------------------------------------------

  // The run the tab watched before a reload, none where the address asks for settings.
  recall() {
    const come = arrival(this.again);
    if (come === "link" && (this.config.autostart || !this.again)) return null;
    const isPlain = Object.keys(this.params()).length === 0;
    return this.lease.recall(this.settings(), come === "reload" || isPlain);
  }

  connected() {
    this.question.ask();
  }

  attach(asked) {
    const run = this.follow(asked);
    return {...this.wishes.attach(run, !this.store.run), run: this.ticket(run)};
  }

  become(role) {
    super.become(role);
    if (this.wishes.become(role === "steer")) this.#moved();
  }

  idle() {
    if (this.config.autostart && !this.autostarted) this.start();
  }

  begun() {
    this.autostarted = true;
  }

  heard(turns) {
    this.wishes.heard(turns);
  }

  lostConnection() {
    this.question.stop();
    this.back.insight.stop();
    this.wishes.dropped();
  }

  take(header, arrays) {
    if (header.type === "rows") this.#rows(header, arrays);
    else if (header.type === "snapshot") this.#snapshot(header, arrays);
    else if (header.type === "preview") this.#previewed(arrays);
    else if (header.type === "past") this.#looked(header, arrays);
    else if (header.type === "gone") this.#lost();
    else super.take(header, arrays);
  }

  #snapshot(header, arrays) {
    const {trick, task} = header.spec;
    if (trick !== this.config.trick || task !== this.config.task) {
      this.link = ""; // it is good, but to another page's
      return void this.#lost();
    }
    const before = this.store;
    const fresh = before.run !== header.run;
    if (fresh && before.step > 0) this.ghost = before;
    this.store = Store.fromSnapshot(header, arrays, before);
    const reloaded = idOf(this.recalled ?? "") === header.run && !before.run;
    const moved = this.wishes.began(header);
    this.answered(header.run);
    if (reloaded) this.#comeBack();
    if (moved) this.#moved();
    this.flush();
    this.#keep();
    this.#arrived();
    if (fresh) this.reset();
    this.back.insight.ask();
    this.say("note", header.note ?? "");
    if (fresh && !reloaded) this.firstStep();
    this.refresh();
    this.touch(true);
  }

  // The address asked for a run: from now on it says what is set, and the tab's memory which run that is.
  #arrived() {
    if (this.config.watch) this.address.soon();
  }

  // After a reload the run is looked at as it was.
  #comeBack() {
    const {view, selected} = this.lease.asked ?? {};
    if (view) {
      for (const name of Object.keys(this.view)) this.view[name] = view[name] ?? this.view[name];
      this.toolbar?.show();
    }
    this.selected = Math.min(selected ?? 1, this.wishes.arms.length);
  }

  #rows(header, arrays) {
    if (!this.store.run) return;
    const turned = header.state !== this.state;
    const urgent = this.store.add(header, arrays) || turned;
    if (header.note !== undefined) this.say("note", header.note ?? "");
    if (this.wishes.told(header)) this.#moved();
    this.refresh();
    this.#touchRace(urgent);
    if (this.cursor === null) this.panels.touch(urgent);
  }

  touch(urgent) {
    this.#touchRace(urgent);
    this.panels.touch(urgent); // whose places follow the run: no row may come after a snapshot
  }

  #touchRace(urgent) {
    for (const chart of this.races) chart.touch(urgent);
    this.standings.touch(urgent);
  }

  #looked(header, arrays) {
    this.back.told(header, arrays);
    this.panels.touch(true);
  }

  // Asks for the arrays of the knobs as they stand.
  #ask() {
    if (!this.config.panels.some(({kind, preview}) => kind === "curve" || preview)) return false;
    const {trick, task, steps} = this.settings();
    this.good = {arm: this.selected, values: this.valuesOf(this.selected)};
    return this.send({type: "preview", trick, task, steps, values: this.good.values});
  }

  #previewed(arrays) {
    this.preview = new Map(arrays.filter(({group}) => group === "preview").map((array) => [array.name, array]));
    if (this.past === null && this.good.arm <= this.wishes.arms.length)
      this.wishes.taken(this.good.arm, this.good.values);
    this.panels.touch(true);
    this.question.answered();
  }

  // It is said beside the knob that it is of, which goes back to the value that holds.
  refused(refusal, text) {
    if (refusal.about === "preview") this.question.stop();
    if (refusal.about === "look") this.back.insight.stop();
    const moved = this.wishes.refused(refusal);
    if (moved.length) this.#moved();
    return this.board.refuse(refusal.name, text);
  }

  #lost() {
    const why = this.missingText();
    if (why) this.say("note", why);
    this.recalled = null;
    this.lease.keep(null);
    this.#arrived();
    this.wishes.lost();
    if (this.store.run) {
      this.store.head.state = "stopped";
      this.store.run = null;
      this.ghost = this.store;
      this.store = new Store();
      this.reset();
    } else if (this.config.autostart && !this.starting) this.start();
    this.refresh();
    this.touch(true);
  }

  // --- the screen ----------------------------------------------------------------------------------------------

  build() {
    const {config, t, present} = this;
    this.body.className = "lab-body";
    this.root.dataset.view = config.view;
    const kept = {N: "seed", V: "charts"};
    this.help = helpDialog(
      t,
      Object.keys(kept).filter((key) => !this.reach.frees(kept[key])),
    );
    this.root.append(this.help);
    this.exports = new Exports(this);
    this.transport = new Transport(this);
    this.handingOn = new HandingOn(this);
    this.exports.element.append(...this.handingOn.ofRun);
    this.transport.progress.append(this.exports.element, ...this.handingOn.ofPage);
    this.root.append(...this.handingOn.dialogs, this.exports.box.element);
    this.voice = new Voice(this);
    this.lookingBack = new LookingBack(this);
    this.transport.bar.append(this.lookingBack.range);
    this.voice.element.append(this.lookingBack.element);
    if (!present) this.voice.element.append(this.#button("present", {view: "present"}));
    if (!present && !this.reach.hides("tabs")) this.voice.element.append(this.#button("seeds", {repeat: true}));
    this.legend = new Legend(this);
    this.races = config.race.map((declared, index) => new RaceChart(this, declared, index));
    this.panels = new Panels(this);
    this.standings = new StandingsTable(this);
    this.colophon = h("p", {class: "lab-colophon"});
    this.board = new Board(this);
    const reachLine = new ReachLine(this).element;
    this.toolbar = present ? null : new Toolbar(this);
    const charts = this.races.map(({element}) => element);
    const race = h("section", {class: "lab-race", "aria-label": t("lab.race")}, this.toolbar?.element, charts);
    const side = present ? [this.panels.element, this.standings.element] : [this.board.knobs, this.panels.element];
    const main = h("div", {class: "lab-main"}, race, h("div", {class: "lab-side"}, side));
    const {bar, where, seeded, primary} = this.transport;
    if (present) {
      for (const [i, chart] of charts.entries()) chart.hidden = i > 0;
      const foot = h("div", {class: "lab-foot"}, primary, this.board.knobs, this.#button("lab", {view: "lab"}));
      this.body.append(this.voice.element, main, h("div", {class: "lab-told"}, bar, where, seeded), foot, reachLine);
    } else {
      const {transport, voice, standings, board, colophon} = this;
      const beneath = [board.shared, reachLine, standings.element, colophon];
      this.body.append(transport.element, voice.element, main, ...beneath);
    }
    this.unlisten = listen(this);
    this.unprint = onPrint((prints) => this.#print(prints));
    this.resized = () => this.measure();
    addEventListener("resize", this.resized);
    return [...this.races, ...this.panels.panels, this.standings];
  }

  open() {
    super.open();
    if (this.parent.parentElement) this.sizes.observe(this.parent.parentElement);
  }

  /** The address of what is set, which the page then has. */
  here() {
    this.#write();
    return location.href;
  }

  /** The parameters of an address that say what is set, for a page on which so much is in reach. */
  params(reach = this.config.reach) {
    return toParams(this.settings(), this.#charts(), {...this.config, reach});
  }

  /** Their address. */
  addressWith(reach, autostart) {
    const params = this.params(reach);
    const search = query(autostart ? {...params, autostart: "1"} : params);
    return `${location.origin}${location.pathname}${search}`;
  }

  // Asks the page for something: the other view, where the run goes on, or its repeat over seeds.
  #button(action, asked) {
    const key = action === "seeds" ? "lab.repeat" : `lab.view.${action}`;
    const help = action === "seeds" ? "lab.repeat.help" : `lab.view.help.${action}`;
    return textButton(action, this.t(key), () => this.#tell(asked), {title: this.t(help)});
  }

  /** Shows all from the beginning, as of a new run or another axis. */
  reset() {
    this.back.forget();
    for (const chart of [...this.races, ...this.panels.panels]) chart.reset();
    this.setCursor(null);
    this.#changed();
  }

  /** Shows the run's state in everything that is not a chart. */
  refresh() {
    const {transport, voice, lookingBack, legend, exports, toolbar, handingOn} = this;
    for (const part of [transport, voice, lookingBack, legend, exports, toolbar, handingOn]) part?.refresh();
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
    this.retheme();
    this.measure();
    for (const chart of this.painter.charts) {
      chart.stale = true;
      chart.paint();
    }
  }

  measure() {
    if (this.gone) return;
    const {root, present} = this;
    this.font = fontOf(present);
    root.style.setProperty("--lab-height", `${heightOf(root, present)}px`);
    root.style.setProperty("--lab-small", `${this.font}px`);
    setFlag(root, "data-narrow", this.narrow);
    this.panels.arrange();
    this.touch();
  }
}

export const mount = mounting(Lab, "lab");

function withoutValue({value: _value, ...declared}) {
  return declared;
}
