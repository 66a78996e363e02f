// What the library's list can be narrowed to, and its order where there are no columns to press.

import {h} from "../page/dom.js";
import {isFiltered, PLAIN, SORTS, unfiltered} from "./filters.js";

const TYPING_MS = 250; // after the last key
const STATES = ["running", "paused", "finished", "failed", "stopped", "canceled", "interrupted"];
const LONGER = ["10", "60", "300", "3600"];

export class FilterBar {
  /** @param {any} page has what is shown (`shown`, `listing`), and shows another choice (`show`) */
  constructor(page) {
    const {t} = page;
    this.page = page;
    this.words = h("input", {type: "search", class: "lab-box library-words", placeholder: t("library.words.hint")});
    this.words.addEventListener("input", () => this.#typed());
    this.words.addEventListener("change", () => this.#take({words: this.words.value}));
    this.selects = new Map();
    const select = (name) => {
      const element = h("select", {class: "lab-select", "data-filter": name, "aria-label": t(`library.${name}`)});
      element.addEventListener("change", () => this.#take({[name]: element.value}));
      this.selects.set(name, element);
      return this.#field(t(`library.${name}`), element);
    };
    this.dates = ["since", "until"].map((name) => {
      const element = h("input", {type: "date", class: "lab-box library-date", "data-filter": name});
      element.addEventListener("change", () => this.#take({[name]: element.value}));
      return element;
    });
    this.order = h("select", {class: "lab-select", "data-filter": "sort", "aria-label": t("library.sort")});
    this.order.append(...Object.keys(SORTS).map((name) => h("option", {value: name}, t(`library.sort.${name}`))));
    this.order.addEventListener("change", () => {
      this.#take({sort: this.order.value, down: SORTS[this.order.value]});
    });
    this.turn = h("button", {type: "button", class: "lab-tool", "data-action": "turn"});
    this.turn.addEventListener("click", () => this.#take({down: !page.shown.down}));
    this.clear = h("button", {type: "button", class: "lab-tool", "data-action": "clear"}, t("library.clear"));
    this.clear.addEventListener("click", () => page.show(unfiltered(page.shown)));
    this.places = ["0", "1"].map((bin) => {
      const press = () => this.#take({bin: bin === "1"});
      return h("button", {type: "button", role: "radio", "data-bin": bin, onclick: press});
    });
    const place = {class: "lab-segments", role: "radiogroup", "aria-label": t("library.place")};
    const open = () => {
      const isOpen = this.element.toggleAttribute("data-open");
      this.opening.setAttribute("aria-expanded", String(isOpen));
    };
    this.opening = h("button", {type: "button", class: "lab-tool", "data-action": "filter", "aria-expanded": "false"});
    this.opening.addEventListener("click", open);
    this.element = h(
      "div",
      {class: "library-filters", role: "search", "aria-label": t("library.filters")},
      this.#field(t("library.words"), this.words),
      this.opening,
      ["trick", "task", "state"].map(select),
      this.#field(t("library.since"), this.dates[0]),
      this.#field(t("library.until"), this.dates[1]),
      select("longer"),
      h("div", {class: "library-order"}, this.#field(t("library.sort"), this.order), this.turn),
      this.clear,
    );
    this.place = h("div", place, this.places);
    this.place.addEventListener("keydown", (event) => this.#keyed(event));
  }

  /** Shows what the list is narrowed to, and to what it could be. */
  refresh() {
    const {t, shown, listing} = this.page;
    const spans = [...new Set([...LONGER, shown.longer].filter(Boolean))].sort((a, b) => Number(a) - Number(b));
    this.#offer("trick", listing.tricks);
    this.#offer("task", listing.tasks);
    this.#offer(
      "state",
      STATES.map((state) => [state, t(`library.state.${state}`)]),
    );
    this.#offer(
      "longer",
      spans.map((seconds) => [seconds, this.page.duration(Number(seconds))]),
    );
    if (document.activeElement !== this.words && this.words.value !== shown.words) this.words.value = shown.words;
    for (const element of this.dates) element.value = shown[element.dataset.filter];
    this.order.value = shown.sort;
    this.turn.textContent = t(shown.down ? "library.down" : "library.up");
    this.opening.textContent = t("library.filter");
    this.opening.toggleAttribute("data-set", isFiltered({...shown, words: ""}));
    this.clear.hidden = !isFiltered(shown);
    for (const [i, button] of this.places.entries()) {
      const isChosen = shown.bin === Boolean(i);
      button.textContent = i ? t("library.bin", {count: listing.binned}) : t("library.kept");
      button.setAttribute("aria-checked", String(isChosen));
      button.tabIndex = isChosen ? 0 : -1;
    }
  }

  #offer(name, options) {
    const select = this.selects.get(name);
    const chosen = this.page.shown[name];
    const known = options.some(([value]) => value === chosen) || !chosen ? options : [...options, [chosen, chosen]];
    const made = JSON.stringify(known);
    if (select.dataset.made !== made) {
      select.dataset.made = made;
      const all = [[PLAIN[name], this.page.t("library.any")], ...known];
      select.replaceChildren(...all.map(([value, label]) => h("option", {value}, label)));
    }
    select.value = chosen;
    select.toggleAttribute("data-set", Boolean(chosen));
  }

  #field(label, control) {
    return h("label", {class: "lab-field"}, h("span", {}, label), control);
  }

  #typed() {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.#take({words: this.words.value}), TYPING_MS);
  }

  #take(changed) {
    clearTimeout(this.typing);
    const {page} = this;
    if (Object.entries(changed).every(([name, value]) => page.shown[name] === value)) return;
    page.show({...page.shown, ...changed});
  }

  // Of a group of choices arrows go from one to the other.
  #keyed(event) {
    if (!/^Arrow/.test(event.key)) return;
    event.preventDefault();
    const other = this.places[Number(!this.page.shown.bin)];
    other.click();
    other.focus();
  }
}
