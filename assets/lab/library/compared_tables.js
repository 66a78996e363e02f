// The tables of runs that stand beside each other: their numbers, and the settings in which they differ.

import {exactly, when} from "../data/dates.js";
import {isTest} from "../data/store.js";
import {count, number} from "../data/text.js";
import {h, setText} from "../page/dom.js";
import {Cells, copyTools} from "../tables/standings_table.js";
import {endAlike, valueRows} from "./run_values.js";
import {nearest} from "./together.js";

/**
 * What a run is, beside its name.
 *
 * @param {any} head what the server tells of it
 * @param {?{step: number}} failure where its arm ended before the run did
 */
export function whatItIs({name, subject, spec, step, steps, state, created}, failure, t, language) {
  const arms = spec.arms.length - 1; // beside the baseline
  const made = step < steps ? t("library.steps", {done: count(step), steps: count(steps)}) : count(steps);
  const parts = [
    arms > 1 && t("library.compare.arms", {arms: count(arms)}),
    `${t("library.column.steps")} ${made}`,
    t(`library.state.${state}`),
    failure && t("library.compare.ended", {step: count(failure.step)}),
    when(created, language),
  ];
  return [name && subject, ...parts].filter(Boolean).join(" · ");
}

/** A place of the x axis, in words, and that what stands there is smoothed as on the chart. */
export function placeText({t, view, cursor, metric}) {
  if (cursor === null) return t("library.compare.cursor");
  const place = view.x === "step" ? count(cursor) : number(cursor);
  const told = t(`library.compare.at.${view.x}`, {place});
  return isSmoothed(metric, view) ? t("library.compare.smoothed", {place: told, steps: count(view.smooth)}) : told;
}

function isSmoothed(metric, {smooth}) {
  return smooth > 1 && !isTest(metric);
}

/** Each run's numbers, with what it is, and which one is the reference. */
export class ValuesTable {
  /** @param {any} page the runs (`stores`, `labels`), what is shown of them, and `refer` for another reference */
  constructor(page) {
    this.page = page;
    const {t} = page;
    this.table = h("table", {});
    const words = {arm: t("library.column.run"), difference: t("library.compare.difference")};
    const label = t("library.compare.values");
    this.place = h("span", {});
    const range = {type: "range", class: "lab-range", min: 0, "data-range": "place"};
    this.slider = h("input", {...range, "aria-label": t("library.compare.place")});
    this.slider.addEventListener("input", () => page.setCursor(page.places[Number(this.slider.value)] ?? null));
    this.apart = h("span", {}, ` ${t("library.compare.apart")}`);
    this.element = h(
      "section",
      {class: "lab-standings", "aria-label": label},
      h("div", {class: "many-table", tabindex: "0", role: "region", "aria-label": label}, this.table),
      h("p", {class: "lab-standings-about"}, t("library.compare.values.about"), this.apart),
      copyTools(
        page,
        () => this.#rows(),
        words,
        () => this.#columns(),
      ),
    );
  }

  refresh() {
    const {page} = this;
    const {stores, labels, theme, referred, language, t} = page;
    const told = stores.map((store) => whatItIs(store.head, store.failure(store.head.arm), t, language));
    const state = JSON.stringify([labels, stores.map(({head}) => [head.id, head.open]), theme.arms]);
    if (state !== this.state) this.#build();
    this.state = state;
    for (const [run, {about}] of this.rows.entries()) setText(about, told[run]);
    this.#showPlace();
    setText(this.shown, page.name(page.metric));
    this.apart.hidden = endAlike(stores, page.metric);
    const rows = valueRows(stores, {...this.#shown(), cursor: page.cursor ?? Infinity});
    for (const [run, {cells}] of rows.entries()) {
      this.rows[run].cells.fill(cells);
      this.rows[run].mark.checked = run === referred;
    }
  }

  // The slider goes from place to place: what a pointer does on the chart.
  #showPlace() {
    const {page, slider} = this;
    const {places, cursor} = page;
    const text = placeText(page);
    setText(this.place, text);
    slider.max = String(Math.max(0, places.length - 1));
    slider.value = String(cursor === null ? slider.max : nearest(places, cursor));
    slider.setAttribute("aria-valuetext", text);
  }

  #shown() {
    const {labels, metric, better, referred, view, cursor} = this.page;
    return {labels, name: metric, better, reference: referred, view, cursor};
  }

  #rows() {
    return valueRows(this.page.stores, this.#shown());
  }

  // What stands over the values that are copied: of which quantity they are, too.
  #columns() {
    const {page} = this;
    const {t, view, cursor, metric} = page;
    const smoothed = isSmoothed(metric, view) ? `_smoothed_${view.smooth}` : "";
    const places = [
      ["last", t("library.compare.last")],
      ["best", t("library.compare.best")],
      ...(cursor === null ? [] : [[`at_${view.x}_${cursor}${smoothed}`, placeText(page)]]),
    ];
    return places.map(([place, told]) => ({
      name: `${page.metric}_${place}`,
      label: `${page.name(page.metric)}, ${told}`,
    }));
  }

  #build() {
    const {page} = this;
    const {stores, labels, t, language} = page;
    const head = (text, parts = {}) => h("th", {scope: "col", ...parts}, text);
    const difference = () => head(t("library.compare.difference"), {class: "many-difference"});
    const places = ["last", "best"].map((name) => head(t(`library.compare.${name}`)));
    this.shown = head("");
    const columns = [...places, h("th", {scope: "col"}, this.place, this.slider)].flatMap((place) => [
      place,
      difference(),
    ]);
    this.rows = stores.map(({head: run}, i) => {
      const cells = new Cells(t, 3);
      const aloud = t("library.compare.refer", {run: labels[i]});
      const mark = h("input", {
        type: "radio",
        name: "reference",
        "aria-label": aloud,
        title: aloud,
        "data-refer": run.id,
      });
      mark.addEventListener("change", () => page.refer(i));
      const name = run.open ? h("a", {href: run.open}, labels[i]) : labels[i];
      const about = h("span", {class: "library-about", title: exactly(run.created, language)});
      const named = h("span", {class: "compare-run"}, name, about);
      const cell = h("th", {scope: "row"}, h("span", {class: "compare-name"}, mark, page.sample(i), named));
      return {cells, mark, about, element: h("tr", {"data-compared": run.id}, cell, cells.elements)};
    });
    const rows = this.rows.map(({element}) => element);
    this.table.replaceChildren(h("thead", {}, h("tr", {}, this.shown, columns)), h("tbody", {}, rows));
  }
}

/** The settings in which they differ: a row for each, a column for each run. */
export class SettingsTable {
  /** @param {any} page the runs (`stores`, `labels`), and the settings that differ (`differs`) */
  constructor(page) {
    this.page = page;
    const {t} = page;
    const label = t("library.compare.settings");
    this.table = h("table", {});
    this.alike = h("p", {class: "lab-standings-about"}, t("library.compare.alike"));
    this.scroll = h("div", {class: "many-table", tabindex: "0", role: "region", "aria-label": label}, this.table);
    this.element = h(
      "section",
      {class: "compare-settings", "aria-label": label},
      h("p", {class: "lab-chart-title"}, label),
      this.scroll,
      this.alike,
    );
  }

  refresh() {
    const {labels, differs, theme, t} = this.page;
    const state = JSON.stringify([labels, differs, theme.arms]);
    if (state === this.state) return;
    this.state = state;
    this.alike.hidden = differs.length > 0;
    this.scroll.hidden = !differs.length;
    const heads = labels.map((label, run) => h("th", {scope: "col"}, this.page.sample(run), " ", label));
    const rows = differs.map(({name, symbol, label, values}) =>
      h(
        "tr",
        {"data-setting": name},
        h("th", {scope: "row"}, symbol && symbol !== label ? `${symbol}, ${label}` : label),
        values.map((value) => h("td", {}, value ?? "–")),
      ),
    );
    const corner = h("th", {scope: "col"}, t("library.compare.setting"));
    this.table.replaceChildren(h("thead", {}, h("tr", {}, corner, heads)), h("tbody", {}, rows));
  }
}
