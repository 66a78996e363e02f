// The library: every run and study of this visitor, found again, named, pinned, deleted and brought back.

import {query} from "./data/address.js";
import {count, duration, makeText} from "./data/text.js";
import {title} from "./library/card_text.js";
import {Comparison, readCompared, toCompare, whyNot} from "./library/comparison.js";
import {editor} from "./library/editor.js";
import {FilterBar} from "./library/filter_bar.js";
import {isFiltered, readShown, sorted, toParams} from "./library/filters.js";
import {ImportBox} from "./library/import_box.js";
import {Listing} from "./library/listing.js";
import {MoveBox} from "./library/move_box.js";
import {QuietLine} from "./library/quiet_line.js";
import {RunsTable} from "./library/runs_table.js";
import {pauseAfter, Server} from "./library/server.js";
import {AddressBar, spoken} from "./page/address_bar.js";
import {h, setFlag, setText, showCurrentPage, textButton} from "./page/dom.js";
import {ShareBox} from "./page/share_box.js";
import {loadStyles} from "./page/styles.js";
import {TakeBox} from "./page/take_box.js";
import {readTheme, watchTheme} from "./page/theme.js";

const PAGE = 50; // rows that are asked for at a time
const MOST = 200; // that the server tells at a time
const MOST_LETTERS = {name: 120, note: 2000};

class Library {
  /** @type {?{id: string, what: string}} what is being written */
  editing = null;
  gone = false;
  asking = 0; // the number of the list that was asked for last
  loading = false; // more of the list is under way
  isOff = false; // nothing is kept here
  trouble = ""; // why the list could not be had
  listing = new Listing();

  /** @param {HTMLElement} parent @param {import("./types.d.ts").Config} config */
  constructor(parent, config) {
    this.t = makeText(config.labels);
    this.language = config.language;
    this.config = config;
    this.server = new Server(config.library, config.language);
    this.shown = readShown(location.search);
    this.address = new AddressBar((given) => query({...given, ...spoken(), ...toParams(this.shown)}));
    this.#build(parent);
    this.#listen();
    this.refresh();
    this.#load();
  }

  // --- what a person does ---------------------------------------------------------------------------------------

  /** Shows another choice of the runs. @param {import("./library/filters.js").Shown} shown */
  show(shown) {
    this.shown = shown;
    this.editing = null;
    this.listing.clear();
    this.address.soon();
    this.refresh();
    this.#load();
  }

  sortBy(sort) {
    this.show(sorted(this.shown, sort));
  }

  mark(ids, on) {
    this.listing.mark(ids, on);
    if (!this.isHeld) this.#release();
    this.refresh();
  }

  /** Begins to write a name or a note. */
  edit(id, what) {
    this.editing = {id, what};
    this.refresh();
    const box = /** @type {HTMLInputElement} */ (this.table.body.querySelector(".library-editor"));
    box?.focus();
    box?.select();
  }

  /** The box in which a row's name or note is written. */
  editor(card, what) {
    const {t} = this;
    const hint = what === "name" ? title({...card, name: ""}, t) : t("library.note.hint");
    const label = t(`library.${what}.box`, {run: title(card, t)});
    const asked = {value: card[what], label, hint, most: MOST_LETTERS[what], isLong: what === "note"};
    return editor(asked, (value, byKey) => this.#edited(card.id, what, value, byKey));
  }

  async #edited(id, what, value, byKey) {
    this.editing = null;
    if (value !== null) await this.change([id], {[what]: value});
    if (!this.isHeld) this.#release();
    this.refresh();
    if (byKey) this.table.focus(id, what);
  }

  /** Has something of rows be otherwise. */
  async change(ids, what) {
    if (!(await this.#done(() => this.server.change(ids, what)))) return;
    this.#changed(ids, what);
  }

  // Something of rows is otherwise: a list that is under way may not know of it, and pinned ones stand first.
  #changed(ids, what) {
    this.listing.change(ids, what);
    this.refresh();
    this.#load();
  }

  /** Puts rows into the bin, or takes them out of it. */
  async move(ids, isIntoBin) {
    const {listing, t} = this;
    if (!(await this.#done(() => this.server.change(ids, {deleted: isIntoBin})))) return;
    const next = listing.neighbor(ids);
    const first = listing.cards.find(({id}) => id === ids[0]);
    const called = ids.length === 1 && first ? title(first, t) : "";
    listing.remove(ids, !isIntoBin);
    this.refresh();
    const action = isIntoBin ? "delete" : "restore";
    const key = `library.${isIntoBin ? "deleted" : "restored"}`;
    const text = called ? t(key, {run: called}) : t(`${key}.many`, {count: ids.length});
    const label = t("library.undo");
    this.line.say(text, {label, undo: () => this.#undo(ids, isIntoBin)});
    if (next === undefined || !this.table.focus(next, action)) this.line.button.focus();
    this.#load();
  }

  /** Shows by how many links a run is shared, to make or revoke them. */
  share(id) {
    this.shares.open(id);
  }

  async #undo(ids, wasIntoBin) {
    if (!(await this.#done(() => this.server.change(ids, {deleted: !wasIntoBin})))) return;
    await this.#load();
    this.table.focus(ids[0], wasIntoBin ? "delete" : "restore");
  }

  // Whether something could be done; if not, why.
  async #done(act) {
    try {
      await act();
    } catch (error) {
      this.line.say(this.#reason(error), {isTrouble: true});
      return false;
    }
    this.line.clear();
    return true;
  }

  #reason(error) {
    return error.message || this.t("library.unreached");
  }

  // --- the list -------------------------------------------------------------------------------------------------

  /** Whether rows stay where they are, since somebody is at them. */
  get isHeld() {
    return this.listing.marked.size > 0 || this.editing !== null;
  }

  duration(seconds) {
    return duration(seconds, this.t);
  }

  #release() {
    this.listing.release();
  }

  /** Shows what has come while rows were held. */
  #showFresh() {
    this.#release();
    this.refresh();
    this.table.element.scrollIntoView({block: "nearest"});
  }

  // Asks for the list's beginning, as much of it as is shown.
  async #load() {
    clearTimeout(this.timer);
    const number = ++this.asking;
    const many = Math.min(MOST, Math.max(PAGE, this.listing.cards.length));
    const begun = performance.now();
    try {
      const page = await this.server.page(this.shown, 0, many);
      if (this.gone || number !== this.asking) return;
      this.#heard();
      if (page.kept === false) this.#none(page.why);
      else this.listing.take(page, this.isHeld);
    } catch (error) {
      if (this.gone || number !== this.asking) return;
      this.trouble = this.#reason(error);
      this.line.say(this.trouble, {isTrouble: true});
    }
    if (!this.isOff) this.timer = setTimeout(() => this.#follow(), pauseAfter(begun));
    this.refresh();
  }

  async #loadMore() {
    const {listing} = this;
    if (this.loading || listing.cards.length >= listing.total) return;
    this.loading = true;
    const number = this.asking;
    try {
      const page = await this.server.page(this.shown, listing.cards.length, PAGE);
      if (this.gone) return;
      if (number === this.asking) listing.append(page);
      this.#lookAgain();
    } catch (error) {
      this.line.say(this.#reason(error), {isTrouble: true});
    }
    this.loading = false;
    if (!this.gone) this.refresh();
  }

  // An observer tells of what changes: an end that is still in view, as after a part that came too late, is told anew.
  #lookAgain() {
    this.views.unobserve(this.more);
    this.views.observe(this.more);
  }

  #follow() {
    if (document.hidden) this.timer = null;
    else this.#load();
  }

  // The server tells again.
  #heard() {
    if (this.trouble && this.line.says(this.trouble)) this.line.clear();
    this.trouble = "";
  }

  #none(why) {
    this.isOff = true;
    this.off.textContent = why;
  }

  // --- the screen -----------------------------------------------------------------------------------------------

  #build(parent) {
    const {t} = this;
    this.sentinel = h("span", {class: "lab-sentinel", "aria-hidden": "true"});
    this.bar = new FilterBar(this);
    this.line = new QuietLine();
    this.table = new RunsTable(this);
    this.count = h("span", {class: "library-count", role: "status"});
    const tool = (name, press) => h("button", {type: "button", class: "lab-tool", "data-action": name, onclick: press});
    this.fresh = tool("fresh", () => this.#showFresh());
    const marked = () => [...this.listing.marked];
    this.moving = tool("move", () => this.move(marked(), !this.shown.bin));
    this.pinning = tool("pin-all", () => this.change(marked(), {pinned: true}));
    this.pinning.textContent = t("library.pin.all");
    const unmark = tool("unmark", () => this.mark(marked(), false));
    unmark.textContent = t("library.unmark");
    this.comparing = h("a", {class: "lab-tool", "data-action": "compare"}, t("library.compare"));
    const saved = (name, key, href) =>
      h("a", {class: "lab-tool", "data-action": name, download: "", title: t(`${key}.help`), href}, t(key));
    this.taking = saved("archive", "library.archive.marked", "");
    this.takes = new TakeBox(t, this.config.forms);
    this.takingAs = tool("take-home", () => this.#takeAs());
    this.takingAs.textContent = t("lab.take");
    this.takingAs.title = t("lab.take.marked.help");
    const marks = [this.comparing, this.taking, this.takingAs, this.moving, this.pinning, unmark];
    this.marked = h("span", {class: "library-marked"}, ...marks);
    this.imports = new ImportBox(t, this.config, () => this.gone || this.#load());
    this.takingAll = saved("archive-all", "library.archive.all", this.config.archive);
    const files = h("span", {class: "library-files"}, this.imports.button, this.takingAll);
    this.status = h(
      "div",
      {class: "library-status"},
      this.bar.place,
      this.count,
      this.marked,
      this.fresh,
      this.line.element,
      files,
    );
    this.shares = new ShareBox(t, this.config, (id, links) => this.#changed([id], {links}));
    this.moves = new MoveBox(t, this.config, () => this.#load());
    this.moveAll = tool("move-all", () => this.moves.open());
    this.moveAll.textContent = t("library.move");
    this.status.append(this.moveAll);
    this.empty = h("p", {class: "library-empty"});
    this.off = h("p", {class: "library-empty", "data-off": true});
    this.more = textButton("more", "", () => this.#loadMore());
    this.body = h("div", {class: "library-body"}, this.bar.element, this.status, this.imports.element);
    this.body.append(this.table.element, this.empty, this.more);
    const boxes = [this.shares.element, this.moves.element, this.takes.element];
    this.root = h("div", {class: "lab library", lang: this.language}, this.sentinel, this.off, this.body, boxes);
    parent.append(this.root);
    this.imports.listen(this.body);
  }

  #listen() {
    this.unwatch = watchTheme(this.sentinel, () => this.#readTheme());
    this.#readTheme();
    // More comes as soon as one has scrolled to the end.
    this.views = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && this.#loadMore());
    this.views.observe(this.more);
    this.seen = () => document.hidden || this.timer || this.isOff || this.#load();
    document.addEventListener("visibilitychange", this.seen);
  }

  #readTheme() {
    const {arms, dark} = readTheme(this.root);
    for (const [arm, color] of arms.slice(0, 4).entries()) this.root.style.setProperty(`--library-arm-${arm}`, color);
    this.root.style.setProperty("color-scheme", dark ? "dark" : "light");
  }

  refresh() {
    const {t, listing, shown, isOff} = this;
    this.off.hidden = !isOff;
    this.body.hidden = isOff;
    this.bar.refresh();
    this.table.refresh();
    const {total, cards, fresh, marked, isKnown} = listing;
    const num = marked.size;
    const place = isFiltered(shown) ? "library.count.found" : shown.bin ? "library.count.bin" : "library.count";
    const text = num ? t("library.marked", {count: count(num)}) : t(place, {total: count(total)});
    setText(this.count, isKnown ? text : t(this.trouble ? "library.unknown" : "library.asking"));
    this.marked.hidden = !num;
    setText(this.moving, t(shown.bin ? "library.restore" : "library.delete.all"));
    this.pinning.hidden = shown.bin;
    this.#offerComparing();
    this.taking.hidden = this.takingAs.hidden = !this.runs.length;
    this.taking.setAttribute("href", `${this.config.archive}${query({ids: this.runs.join(",")})}`);
    this.takingAll.hidden = !total || shown.bin || isFiltered(shown);
    this.fresh.hidden = !fresh;
    setText(this.fresh, t(fresh === 1 ? "library.fresh.one" : "library.fresh", {count: fresh}));
    const isEmpty = isKnown && !cards.length;
    this.empty.hidden = !isEmpty;
    this.table.element.hidden = !cards.length;
    setText(this.empty, isEmpty ? t(this.#whyEmpty()) : "");
    const rest = total - cards.length;
    this.more.hidden = rest <= 0 || !cards.length;
    setText(this.more, t("library.more", {count: Math.min(PAGE, rest), rest: count(rest)}));
    setFlag(this.root, "data-held", this.isHeld);
  }

  /** The ids of those that are marked and are runs. */
  get runs() {
    const {cards, marked} = this.listing;
    return cards.filter(({id, kind}) => marked.has(id) && kind === "run").map(({id}) => id);
  }

  #takeAs() {
    const {runs} = this;
    this.takes.open(runs.length, (form) => `${this.config.archive}${query({ids: runs.join(","), form})}`);
  }

  // A link to the marked runs beside each other; where they cannot be, it is dead and says why.
  #offerComparing() {
    const {t, listing, comparing} = this;
    const cards = listing.cards.filter(({id}) => listing.marked.has(id));
    const why = whyNot(cards, this.config.compared, t);
    const dead = {role: "link", "aria-disabled": "true", "aria-label": `${t("library.compare")}: ${why}`, title: why};
    const alive = {href: toCompare(cards.map(({id}) => id))};
    for (const name of Object.keys({...dead, ...alive})) comparing.removeAttribute(name);
    for (const [name, value] of Object.entries(why ? dead : alive)) comparing.setAttribute(name, value);
    comparing.hidden = this.shown.bin;
  }

  #whyEmpty() {
    if (isFiltered(this.shown)) return "library.none";
    return this.shown.bin ? "library.bin.empty" : "library.empty";
  }

  destroy() {
    this.gone = true;
    clearTimeout(this.timer);
    this.address.stop();
    this.line.clear();
    this.imports.destroy();
    this.unwatch();
    this.views.disconnect();
    document.removeEventListener("visibilitychange", this.seen);
    this.root.remove();
  }
}

/** Puts the library into an element, or those of its runs that the address compares. @param {HTMLElement} parent @param {import("./types.d.ts").Config} config */
export function mount(parent, config) {
  loadStyles("library");
  showCurrentPage();
  const ids = readCompared(location.search);
  const page = ids ? new Comparison(parent, config, ids) : new Library(parent, config);
  return {update() {}, destroy: () => page.destroy()};
}
