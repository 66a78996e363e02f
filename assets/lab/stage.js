// What every page of the lab stands on, whatever it shows: how it is mounted, its socket, the tab's lease on what it
// watches, the theme, the painter and the sizes.

import {loadPlotly, Painter} from "./charts/painter.js";
import {idOf} from "./data/address.js";
import {makeText, naming, refusalText, SaysKnobs, symbolText, unstartedText} from "./data/text.js";
import {h, setFlag, showCurrentPage} from "./page/dom.js";
import {hello, Lease} from "./page/lease.js";
import {LiveSocket} from "./page/socket.js";
import {loadStyles} from "./page/styles.js";
import {readTheme, watchTheme} from "./page/theme.js";

const WAITING_MS = 500; // after which it is said what is being waited for

/**
 * The `mount` of a kind of page: it puts one into an element, and shows whatever configuration comes later.
 *
 * @param {new (parent: HTMLElement, config: Config, host: Host, again: boolean) => Stage} Page
 * @param {string} module what its style sheets are listed under
 * @returns {(parent: HTMLElement, config: Config, host: Host) => {update: (next: Config) => void, destroy: () => void}}
 *   `setState("settings", settings)` of the host is told when a control is let go
 */
export function mounting(Page, module) {
  let again = false; // whether one was mounted in this document before
  return (parent, config, host) => {
    loadStyles(module);
    showCurrentPage();
    const open = (given) => {
      const page = new Page(parent, given, host, again);
      again = true;
      page.open();
      return page;
    };
    let given = JSON.stringify(config);
    let page = open(config);
    return {
      update(next) {
        const text = JSON.stringify(next);
        if (text === given) return;
        given = text;
        if (page.fits(next)) return void page.apply(next);
        page.leave(next);
        page.destroy();
        page = open(next);
      },
      destroy() {
        page.destroy();
      },
    };
  };
}

/** @typedef {import("./types.d.ts").Config} Config */
/** @typedef {import("./types.d.ts").Host} Host */
/** @typedef {{paused?: boolean, stepping?: boolean, again?: boolean}} StartOptions */

/**
 * A page: what it watches and how it is begun. Its kinds build what is seen (`build`), start what is watched
 * (`message`), take in what the server tells (`take`), and show the state of it (`refresh`).
 */
export class Stage extends SaysKnobs {
  static starts = "start"; // the message by which what it watches is begun
  static lost = "lab.connection.lost"; // what is said when the connection is
  // What is said where what was asked for is not there, or no more: it was shown; the address asked for it; a link did.
  static missing = {shown: "lab.gone", asked: "lab.gone.link", shared: "lab.gone.shared"};
  present = false;
  font = 12; // pixels
  starting = false; // a start was told, and is not answered
  attached = false; // the server tells of what is watched on this connection
  gone = false;
  /** @type {?StartOptions} how a start was asked for that could not be told yet */
  owed = null;
  /** @type {?StartOptions} how a start was told whose run has not come yet */
  started = null;
  /** @type {?string} what was watched, or come back to, when it was */
  before = null;
  /** @type {?string} why the last press did not start anything */
  unstarted = null;
  /** @type {?string} what the address asks to watch, or this tab watched before a reload */
  recalled = null;
  /** @type {string} the link by which what is watched was asked for: its id, a dot, and a key */
  link = "";
  /** @type {import("./types.d.ts").Role} what this tab is to what is watched: `steer` until the server says otherwise */
  role = "steer";
  /** @type {?string} what it is that to */
  steered = null;
  /** @type {any} what is known of what is watched: its `run` (an id), `state`, `head` */
  store = {run: null, head: {}};

  /**
   * @param {HTMLElement} parent
   * @param {Config} config what to show (see `pages/lab/`)
   * @param {Host} host
   * @param {boolean} again whether there was such a page in this document before
   * @param {string} lease what the tab's lease is of
   */
  constructor(parent, config, host, again, lease) {
    super(config);
    this.parent = parent;
    this.host = host;
    this.again = again;
    this.t = makeText(config.labels);
    this.name = naming(config, this.t);
    this.painter = new Painter();
    this.lease = new Lease(lease);
  }

  /** Builds the page and connects it. */
  open() {
    const {config} = this;
    this.sentinel = h("span", {class: "lab-sentinel", "aria-hidden": "true"});
    this.body = h("div", {});
    this.root = h("div", {class: "lab", lang: config.language}, this.sentinel, this.body);
    this.parent.append(this.root);
    this.#readTheme();
    const parts = new Map();
    this.views = new IntersectionObserver((seen) => {
      for (const {target, isIntersecting} of seen) this.painter.see(parts.get(target), isIntersecting);
    });
    for (const painted of this.build()) {
      this.painter.charts.add(painted);
      parts.set(painted.element, painted);
      this.views.observe(painted.element);
    }
    this.painter.changed = (idle) => setFlag(this.root, "data-due", !idle); // something waits to be drawn
    this.unwatch = watchTheme(this.sentinel, () => this.retheme());
    this.sizes = new ResizeObserver(() => this.measure());
    this.sizes.observe(this.root);
    this.seen = () => document.hidden || this.touch(true);
    document.addEventListener("visibilitychange", this.seen);
    this.measure();
    this.refresh();
    this.recalled = config.watch ?? this.recall();
    this.socket = new LiveSocket(`${config.socket}?v=${config.version}`, config.older, {
      opened: () => this.#opened(),
      heard: (turns) => this.heard(turns),
      frame: (header, arrays) => this.#frame(header, arrays),
      dropped: (reason) => this.#dropped(reason),
    });
    this.waitFor("lab.connection.first", () => !this.socket.open);
    loadPlotly(config.plotly).then(
      () => this.touch(true),
      () => this.say("note", this.t("lab.plotly.missing")),
    );
  }

  destroy() {
    this.gone = true;
    clearTimeout(this.slow);
    this.socket.close();
    this.unwatch();
    this.sizes.disconnect();
    this.views.disconnect();
    document.removeEventListener("visibilitychange", this.seen);
    for (const painted of this.painter.charts) painted.destroy?.();
    this.painter.stop();
    this.root.remove();
  }

  // --- what a kind of page says otherwise -----------------------------------------------------------------------

  /**
   * Builds what is seen into `body`; what of it a painter draws.
   *
   * @returns {import("./types.d.ts").Painted[]}
   */
  build() {
    return [];
  }

  /** Shows the state of what is watched in everything that is not a chart. */
  refresh() {}

  /** Says something of the page; an empty text takes it back. @param {string} _kind @param {string} _text */
  say(_kind, _text) {}

  /** What the tab's lease is kept with. @returns {any} */
  settings() {
    return null;
  }

  /** The message that starts what is set. @param {StartOptions} _options @returns {object} */
  message(_options) {
    return {};
  }

  /** The message that asks for what is `_watched`. @param {string} _watched @returns {object} */
  attach(_watched) {
    return {};
  }

  /** Takes a frame in. @param {Record<string, any>} _header @param {object[]} _arrays */
  take(_header, _arrays) {}

  /** Whether a configuration is for the page as it stands, so that only values have changed. */
  fits(_config) {
    return true;
  }

  /** Takes such a configuration. @param {Config} _config */
  apply(_config) {}

  /** Another configuration takes its place. @param {Config} _next */
  leave(_next) {}

  /** What the tab watched before, or null. @returns {?string} */
  recall() {
    return this.lease.recall(this.settings());
  }

  /** What is watched now. */
  get watched() {
    return this.store.run;
  }

  /** There is a connection, and nothing to watch or to start. */
  idle() {}

  connected() {}

  /** What was owed or watched has been asked for. */
  begun() {}

  /** What comes next is of after so many turns. @param {number} _turns */
  heard(_turns) {}

  lostConnection() {}

  /**
   * Takes back what was refused; whether the text of it is said elsewhere than in the page's line.
   *
   * @param {import("./types.d.ts").Refusal} _refusal
   * @param {string} _text
   */
  refused(_refusal, _text) {
    return false;
  }

  measure() {
    this.touch();
  }

  // --- asking for what is watched -------------------------------------------------------------------------------

  /** The id of what is `asked` for, by it or by a link, which is kept. @param {string} asked */
  follow(asked) {
    const id = idOf(asked);
    if (asked !== id) this.link = asked;
    return id;
  }

  /** What it is asked for by: the link that it was opened by, or its id. @param {string} id */
  ticket(id) {
    return idOf(this.link) === id ? this.link : id;
  }

  /** Takes note of what this tab is to what is watched. @param {import("./types.d.ts").Role} role */
  become(role) {
    this.role = role;
  }

  /** What is said where the server has none of what is watched, or asked for; nothing of what was before a reload. */
  missingText() {
    const {missing} = kindOf(this);
    const id = this.watched ?? idOf(this.recalled ?? "");
    if (this.ticket(id) !== id) return this.t(missing.shared);
    if (this.watched) return this.t(missing.shown);
    return this.config.watch ? this.t(missing.asked) : "";
  }

  // --- starting -------------------------------------------------------------------------------------------------

  /** Starts what is set, as soon as there is a connection. */
  start(options = {}) {
    if (!this.socket.open) {
      this.owed = options;
      if (!this.socket.isOver) this.say("connection", this.t("lab.connection.owed"));
      return;
    }
    this.socket.send(this.message(options));
    this.owed = null;
    this.started = options;
    this.before = idOf(this.watched ?? this.recalled ?? "") || null;
    this.starting = true;
    this.unstarted = null; // why the last press did not start anything: it stays until the next one
    for (const kind of ["connection", "unstarted", "refused", "note"]) this.say(kind, "");
    this.waitFor("lab.starting", () => this.starting);
    this.refresh();
    this.touch(true);
  }

  /**
   * What is watched is seen, by its id: it answers a start that is on its way, unless it was there before that. The
   * server's word on whose it is comes after that, where it is not this tab's.
   */
  answered(id) {
    if (!this.attached || id !== this.steered) this.become("steer");
    this.steered = id;
    this.attached = true;
    if (this.starting && id === this.before) return;
    this.starting = false;
    this.say("waiting", "");
  }

  /** Says what is being waited for once that takes longer than half a second. */
  waitFor(label, lasts) {
    clearTimeout(this.slow);
    this.slow = setTimeout(() => lasts() && this.say("waiting", this.t(label)), WAITING_MS);
  }

  send(message) {
    return this.socket.send(message);
  }

  // --- what the server says -------------------------------------------------------------------------------------

  #opened() {
    this.send(hello());
    this.say("connection", "");
    this.say("waiting", "");
    this.connected();
    const watched = this.watched ?? this.recalled;
    if (this.owed) this.start(this.owed);
    else if (watched) this.send(this.attach(watched));
    else this.idle();
    this.begun();
  }

  #dropped(reason) {
    clearTimeout(this.slow);
    // A start that was on its way may have been lost; told twice, it is not told a third time.
    if (this.starting && !this.started.again) this.owed = {...this.started, again: true};
    this.starting = false;
    this.started = null;
    this.attached = false;
    this.lostConnection();
    this.say("waiting", "");
    const told = this.socket.isRestarting ? "lab.connection.restart" : reason && "lab.connection.reason";
    const key = told || (this.owed ? "lab.connection.owed" : kindOf(this).lost);
    this.say("connection", this.socket.isOver ? reason : this.t(key, {reason}));
    this.refresh();
  }

  #frame(header, arrays) {
    if (header.type === "refused") this.#refused(header);
    else if (header.type === "note") this.say("note", header.message);
    else this.take(header, arrays);
  }

  #refused(refusal) {
    const isOfStart = this.starting && refusal.about === kindOf(this).starts;
    if (isOfStart) {
      this.starting = false;
      this.started = null;
      this.say("waiting", "");
    }
    const text = this.refusalText(refusal);
    const isSaid = this.refused(refusal, text);
    if (isOfStart) {
      this.unstarted = unstartedText(text, this.t);
      this.say("unstarted", this.unstarted);
      this.touch(true);
      if (this.watched && !this.attached) this.send(this.attach(this.watched)); // it is of a connection before
    } else if (!isSaid && !OVER.includes(refusal.rule)) this.say("refused", text);
    this.refresh();
  }

  /** Why something was refused, in the page's words. */
  refusalText(refusal) {
    const called = (name) => {
      const declared = this.declared(name);
      return declared && symbolText(declared.symbol || declared.label);
    };
    return refusalText(refusal, {t: this.t, called});
  }

  // --- the screen -----------------------------------------------------------------------------------------------

  /** Marks every chart as out of date. */
  touch(urgent) {
    for (const painted of this.painter.charts) painted.touch(urgent);
  }

  retheme() {
    const before = JSON.stringify(this.theme);
    this.#readTheme();
    if (JSON.stringify(this.theme) === before) return;
    this.refresh();
    this.touch(true);
  }

  #readTheme() {
    this.theme = readTheme(this.root);
    this.root.style.setProperty("--lab-on-accent", this.theme.onAccent);
    this.root.style.setProperty("color-scheme", this.theme.dark ? "dark" : "light");
  }
}

const OVER = ["needs_run", "needs_study", "ended"]; // it ended while a message about it was under way

/** @param {Stage} page @returns {typeof Stage} */
function kindOf(page) {
  return /** @type {typeof Stage} */ (page.constructor);
}
