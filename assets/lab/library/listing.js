// The rows that are shown, and which of them are marked. While rows are held they neither move nor change.

/** @typedef {Record<string, any>} Card a run or a study, as the server tells of it (`pages/lab/shelf.py`) */

export class Listing {
  /** @type {Card[]} */
  cards = [];
  total = 0;
  binned = 0;
  tricks = [];
  tasks = [];
  fresh = 0; // that have come and are not shown, since the rows are held
  isKnown = false;
  /** @type {Set<string>} */
  marked = new Set();
  /** @type {?any} the page that has come and is not shown */
  waiting = null;

  /** Another list begins. */
  clear() {
    this.marked.clear();
    this.#drop();
  }

  /** Takes the list's beginning as it is now, or holds it back. @param {any} page @param {boolean} isHeld */
  take(page, isHeld) {
    this.isKnown = true;
    if (isHeld) {
      const [shown, last] = [this.#ids(), Math.max(0, ...this.cards.map(({created}) => created))];
      const newer = page.cards.filter(({id, created}) => !shown.has(id) && created > last).length;
      this.fresh = Math.max(newer, page.total - this.total, 0);
      this.waiting = page;
      return;
    }
    const ids = new Set(page.cards.map(({id}) => id));
    // What was loaded beyond it stays, as far as it is there still.
    const beyond = this.cards.slice(page.cards.length).filter(({id}) => !ids.has(id));
    this.#set(page, [...page.cards, ...beyond.slice(0, Math.max(0, page.total - page.cards.length))]);
  }

  /** Takes what comes after the rows that are shown. */
  append(page) {
    const shown = this.#ids();
    this.#set(page, [...this.cards, ...page.cards.filter(({id}) => !shown.has(id))]);
  }

  /** Shows what was held back. */
  release() {
    const {waiting} = this;
    this.#drop();
    if (waiting) this.take(waiting, false);
  }

  /** Something of a row is otherwise now. */
  change(ids, what) {
    this.cards = this.cards.map((card) => (ids.includes(card.id) ? {...card, ...what} : card));
    this.#drop(); // it says otherwise
  }

  /** Rows are gone to the other place: the bin, or out of it. */
  remove(ids, isBin) {
    const gone = new Set(ids);
    this.cards = this.cards.filter(({id}) => !gone.has(id));
    this.total -= ids.length;
    this.binned += isBin ? -ids.length : ids.length;
    for (const id of ids) this.marked.delete(id);
    this.#drop();
  }

  /** Marks rows, or takes the mark from them. */
  mark(ids, on) {
    for (const id of ids) {
      if (on) this.marked.add(id);
      else this.marked.delete(id);
    }
  }

  /** The rows from one to another, both with. */
  between(one, other) {
    const at = [one, other].map((id) => this.cards.findIndex((card) => card.id === id)).sort((a, b) => a - b);
    return at[0] < 0 ? [other] : this.cards.slice(at[0], at[1] + 1).map(({id}) => id);
  }

  /** The row that takes a row's place once those are gone: the next that stays, or the one before. */
  neighbor(ids) {
    const gone = new Set(ids);
    const last = this.cards.findLastIndex(({id}) => gone.has(id));
    /** @param {Card} card */
    const stays = (card) => !gone.has(card.id);
    return (this.cards.slice(last).find(stays) ?? this.cards.slice(0, last).findLast(stays))?.id;
  }

  // What was held back is not shown.
  #drop() {
    this.waiting = null;
    this.fresh = 0;
  }

  #ids() {
    return new Set(this.cards.map(({id}) => id));
  }

  #set(page, cards) {
    Object.assign(this, {cards, total: page.total, binned: page.binned, tricks: page.tricks, tasks: page.tasks});
    const shown = this.#ids();
    for (const id of this.marked) if (!shown.has(id)) this.marked.delete(id);
  }
}
