// The table of a study over seeds: its comparisons, or the points of a sweep, each of which opens its curves.

import {comparisons, points} from "../data/findings.js";
import {h} from "../page/dom.js";

/** The table; `page` has what is shown of it (`swept`, `metric`, `point`), and is told which point is chosen. */
export class StudyTable {
  constructor(page) {
    this.page = page;
    const label = page.t(page.swept ? "lab.seeds.points" : "lab.seeds.table");
    this.element = h("div", {class: "many-table", tabindex: "0", role: "region", "aria-label": label});
  }

  /** Builds it anew where what it says differs; the button that is in use stays so. */
  refresh() {
    const {page, element} = this;
    const {head, rows} = page.swept ? points(page) : comparisons(page);
    const state = JSON.stringify([head, rows, page.point]);
    if (state === this.state) return;
    this.state = state;
    if (!rows.length) return void element.replaceChildren();
    const used = element.contains(document.activeElement)
      ? /** @type {HTMLElement} */ (document.activeElement).dataset.point
      : undefined;
    const heads = head.map((text) => h("th", {scope: "col"}, text));
    const body = rows.map((row) => this.#row(row));
    element.replaceChildren(h("table", {}, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, body)));
    if (used !== undefined) element.querySelector(`[data-point="${used}"]`)?.focus();
  }

  #row({cells: [first, ...rest], claimed, point}) {
    const {page} = this;
    const isChosen = point !== undefined && point === page.point;
    const parts = {
      type: "button",
      class: "many-arm",
      "data-point": point,
      "aria-pressed": String(isChosen),
      onclick: () => page.choose(point),
    };
    const name = point === undefined ? first : h("button", parts, first);
    const others = rest.map((cell) => h("td", {}, cell));
    return h("tr", {"data-claimed": claimed, "data-chosen": isChosen}, h("th", {scope: "row"}, name), others);
  }
}
