// The table of the library: a row for each run and study. On a narrow screen each row is a card.

import {h, iconButton, setFlag} from "../page/dom.js";
import {about, left, result, steps, title, took} from "./card_text.js";
import {exactly, when} from "../data/dates.js";
import {sparkline} from "./sparkline.js";

const COLUMNS = [
  {name: "run", sorts: ["name", "trick", "task"]},
  {name: "seed"},
  {name: "steps", sorts: ["steps"]},
  {name: "state", sorts: ["status"]},
  {name: "when", sorts: ["created_at"]},
  {name: "took", sorts: ["seconds"]},
  {name: "result", sorts: ["result"]},
  {name: "note"},
];

/** @typedef {import("./listing.js").Card} Card */

export class RunsTable {
  /** @type {Map<string, {state: string, element: HTMLElement}>} */
  rows = new Map();
  /** @type {?string} the row that was marked last, from which a press with Shift marks all up to another */
  anchor = null;

  /**
   * @param {any} page has what is shown (`listing`, `shown`, `editing`) and does what is pressed (`mark`, `edit`,
   *   `change`, `move`, `share`, `sortBy`)
   */
  constructor(page) {
    const {t} = page;
    this.page = page;
    this.all = h("input", {type: "checkbox", "aria-label": t("library.mark.all")});
    this.all.addEventListener("change", () => page.mark(this.#ids(), this.all.checked));
    this.heads = COLUMNS.map(({name, sorts = []}) => this.#head(name, sorts));
    const hidden = (name) => h("span", {class: "library-hidden"}, t(`library.column.${name}`));
    const head = [
      h("th", {role: "columnheader", scope: "col", class: "library-mark"}, this.all),
      h("th", {role: "columnheader", scope: "col"}, hidden("curve")),
      ...this.heads,
      h("th", {role: "columnheader", scope: "col"}, hidden("tools")),
    ];
    this.body = h("tbody", {role: "rowgroup"});
    this.element = h(
      "table",
      {class: "library-table", role: "table", "aria-label": t("library.table")},
      h("thead", {role: "rowgroup"}, h("tr", {role: "row"}, head)),
      this.body,
    );
  }

  /** Shows the rows as they are; one that has not changed stays, and so does what is in use. */
  refresh() {
    const {listing, shown, editing} = this.page;
    const used = this.#used();
    const before = this.rows;
    this.rows = new Map();
    for (const card of listing.cards) {
      const edited = editing?.id === card.id ? editing.what : null;
      const state = JSON.stringify([card, shown.bin, edited]);
      const kept = before.get(card.id);
      const row = kept?.state === state ? kept : {state, element: this.#row(card, edited)};
      const isMarked = listing.marked.has(card.id);
      setFlag(row.element, "data-marked", isMarked);
      row.element.querySelector("input[type=checkbox]").checked = isMarked;
      this.rows.set(card.id, row);
    }
    const elements = [...this.rows.values()].map(({element}) => element);
    const isSame = elements.length === this.body.childNodes.length;
    if (!isSame || elements.some((element, i) => element !== this.body.childNodes[i])) {
      this.body.replaceChildren(...elements);
      if (used) this.focus(used.id, used.action);
    }
    const marked = listing.marked.size;
    this.all.checked = marked > 0 && marked === listing.cards.length;
    this.all.indeterminate = marked > 0 && !this.all.checked;
    for (const head of this.heads) this.#order(head);
  }

  /** Gives the focus to a row's control; whether there is one. */
  focus(id, action) {
    const row = this.rows.get(id)?.element;
    const named = row?.querySelector(`[data-action="${action}"]`) ?? row?.querySelector("a, button");
    const control = /** @type {?HTMLElement} */ (named);
    control?.focus();
    return Boolean(control);
  }

  #ids() {
    return this.page.listing.cards.map(({id}) => id);
  }

  // The row and the control that have the focus.
  #used() {
    const {activeElement} = document;
    if (!activeElement || !this.body.contains(activeElement)) return null;
    const row = /** @type {HTMLElement} */ (activeElement.closest("[data-run]"));
    return {id: row.dataset.run, action: /** @type {HTMLElement} */ (activeElement).dataset.action};
  }

  #head(name, sorts) {
    const {t} = this.page;
    const press = (sort) => () => this.page.sortBy(sort);
    const buttons = sorts.map((sort) =>
      h(
        "button",
        {type: "button", class: "library-sort", "data-sort": sort, onclick: press(sort)},
        t(`library.sort.${sort}`),
      ),
    );
    const parts = {role: "columnheader", scope: "col", "data-column": name};
    return h("th", parts, buttons.length ? buttons : t(`library.column.${name}`));
  }

  #order(head) {
    const {shown} = this.page;
    const way = shown.down ? "descending" : "ascending";
    const buttons = [...head.querySelectorAll("button")];
    const chosen = buttons.find((button) => button.dataset.sort === shown.sort);
    for (const button of buttons) button.dataset.way = button === chosen ? way : "";
    if (chosen) head.setAttribute("aria-sort", way);
    else head.removeAttribute("aria-sort");
  }

  /** @param {Card} card @param {?string} edited which of its texts is being written */
  #row(card, edited) {
    const {page} = this;
    const {t, language, shown} = page;
    const called = title(card, t);
    const mark = h("input", {type: "checkbox", "aria-label": t("library.mark", {run: called}), "data-action": "mark"});
    mark.addEventListener("click", (event) => this.#marked(card.id, mark.checked, event.shiftKey));
    const {value, beside, metric} = result(card, t);
    const time = shown.bin ? card.deleted : card.created;
    const stamp = h(
      "time",
      {datetime: new Date(time * 1000).toISOString(), title: exactly(time, language)},
      when(time, language),
    );
    const cell = (name, ...children) =>
      h("td", {role: "cell", "data-column": name, "data-label": t(`library.column.${name}`)}, children.flat());
    const name = h("th", {role: "rowheader", scope: "row", "data-column": "run"}, this.#name(card, called, edited));
    name.style.setProperty("--depth", String(card.depth));
    setFlag(name, "data-branch", card.depth > 0);
    return h(
      "tr",
      {role: "row", "data-run": card.id, "data-state": card.state},
      h("td", {role: "cell", class: "library-mark"}, mark),
      h("td", {role: "cell", "data-column": "curve"}, card.curve.length ? sparkline(card.curve) : null),
      name,
      cell("seed", card.seed === null ? "–" : String(card.seed)),
      cell("steps", steps(card, t)),
      cell("state", t(`library.state.${card.state}`)),
      cell("when", shown.bin ? [stamp, h("span", {class: "library-beside"}, left(card, t))] : stamp),
      cell("took", took(card, t)),
      cell(
        "result",
        `${value} `,
        h("span", {class: "library-small"}, `${beside} `),
        h("span", {class: "library-beside"}, metric),
      ),
      cell("note", this.#note(card, called, edited)),
      h("td", {role: "cell", class: "library-tools"}, shown.bin ? this.#back(card, called) : this.#tools(card, called)),
    );
  }

  #name(card, called, edited) {
    const {page} = this;
    const {t, shown} = page;
    const beneath = h("span", {class: "library-about"}, about(card, t));
    if (edited === "name") return [page.editor(card, "name"), beneath];
    const name = card.open && !shown.bin ? h("a", {href: card.open, "data-action": "open"}, called) : called;
    const rename = iconButton("edit", t("library.rename", {run: called}), () => page.edit(card.id, "name"), {
      "data-action": "name",
    });
    return [h("span", {class: "library-name"}, name, shown.bin ? null : rename), beneath];
  }

  #note(card, called, edited) {
    const {page} = this;
    if (edited === "note") return page.editor(card, "note");
    if (page.shown.bin) return card.note;
    const label = page.t("library.note", {run: called});
    const parts = {type: "button", class: "library-note", "aria-label": card.note ? `${label}: ${card.note}` : label};
    const text = card.note || page.t("library.note.add");
    return h(
      "button",
      {
        ...parts,
        title: card.note || label,
        "data-action": "note",
        "data-empty": !card.note,
        onclick: () => page.edit(card.id, "note"),
      },
      text,
    );
  }

  #tools(card, called) {
    const {page} = this;
    const {t} = page;
    const pin = iconButton(
      "pin",
      t("library.pin", {run: called}),
      () => page.change([card.id], {pinned: !card.pinned}),
      {"data-action": "pin", "aria-pressed": String(card.pinned)},
    );
    const share =
      card.links !== null &&
      iconButton("share", t("library.share", {run: called}), () => page.share(card.id), {
        "data-action": "share",
        "aria-pressed": String(card.links > 0),
      });
    const again = card.again && link("again", card.again, t("library.again", {run: called}));
    const exports = Object.entries(card.exports).map(([kind, href]) =>
      h(
        "a",
        {href, class: "lab-tool", download: "", title: t(`library.export.${kind}`), "aria-label": `${called}, ${kind}`},
        kind.toUpperCase(),
      ),
    );
    const gone = iconButton("delete", t("library.delete", {run: called}), () => page.move([card.id], true), {
      "data-action": "delete",
    });
    return [pin, share, again, ...exports, gone];
  }

  #back(card, called) {
    const parts = {type: "button", class: "lab-tool", "data-action": "restore"};
    const label = this.page.t("library.restore.one", {run: called});
    const press = () => this.page.move([card.id], false);
    return h("button", {...parts, "aria-label": label, onclick: press}, this.page.t("library.restore"));
  }

  #marked(id, on, withShift) {
    const ids = withShift && this.anchor ? this.page.listing.between(this.anchor, id) : [id];
    this.anchor = id;
    this.page.mark(ids, on);
  }
}

// A link that shows an icon alone.
function link(name, href, label) {
  const button = iconButton(name, label, null);
  const made = h("a", {href, class: "lab-button", title: label, "aria-label": label, "data-action": name});
  made.append(...button.childNodes);
  return made;
}
