// The table of where the arms stand, live from the start, and buttons that copy it.

import {asText, FORMATS, signed, standings, WAYS} from "../data/standings.js";
import {measured} from "../data/text.js";
import {copyButton, h, setFlag, setText} from "../page/dom.js";

const WIDEST = 3; // metrics that have a column each beside the projector's panels; of more each has a row

/** What is painted when it is due, like a chart. */
export class Painted {
  constructor(lab) {
    this.lab = lab;
    this.stale = true;
  }

  touch(urgent = false) {
    this.stale = true;
    this.lab.painter.wake(urgent);
  }

  get due() {
    return this.stale;
  }
}

/** An arm's cells in such a table: for each metric its value and the difference; the best is bold and has a sign. */
export class Cells {
  constructor(t, count) {
    this.t = t;
    this.pairs = Array.from({length: count}, () => [h("td", {}), h("td", {class: "many-difference"})]);
    this.elements = this.pairs.flat();
  }

  /** @param {object[]} cells as `standings` gives them */
  fill(cells) {
    const {t} = this;
    this.pairs.forEach(([value, difference], i) => {
      const found = cells[i];
      const text = Number.isFinite(found.value) ? measured(found.value) : "–";
      setText(value, found.best ? t("lab.standings.best", {value: text}) : text);
      setFlag(value, "data-best", found.best);
      const tail = Number.isFinite(found.tail) ? t("lab.standings.tail", {value: measured(found.tail)}) : "";
      if (value.title !== tail) value.title = tail;
      setText(difference, signed(found.difference));
      const way = WAYS[found.way] ?? "";
      if (difference.dataset.way !== way) difference.dataset.way = way;
      const title = way && t(`lab.many.${way}`);
      if (difference.title !== title) difference.title = title;
    });
  }
}

/** The heads of the metrics' columns: of each its name, and the difference. */
export function metricHeads({t, config}) {
  return config.metrics.flatMap(({label}) => [
    h("th", {scope: "col"}, label),
    h("th", {scope: "col", class: "many-difference"}, t("lab.many.difference")),
  ]);
}

/**
 * Buttons that copy what `rows()` gives, in each format.
 *
 * @param {object} lab
 * @param {() => object[]} rows
 * @param {{arm: string, difference: string}} words what stands over the first column, and over differences
 * @param {() => {label: string}[]} metrics what stands over the other columns
 */
export function copyTools(lab, rows, words = armWords(lab), metrics = () => lab.config.metrics) {
  const {t} = lab;
  const buttons = Object.keys(FORMATS).map((format) => {
    return copyButton(format, t(`lab.copy.${format}`), t, () => asText(format, rows(), metrics(), words));
  });
  return h(
    "div",
    {class: "lab-copy", role: "group", "aria-label": t("lab.copy")},
    h("span", {}, t("lab.copy")),
    buttons,
  );
}

function armWords({t}) {
  return {arm: t("lab.many.arm"), difference: t("lab.many.difference")};
}

/** The table of a race. */
export class StandingsTable extends Painted {
  constructor(lab) {
    super(lab);
    const {t} = lab;
    this.table = h("table", {});
    const rows = () => this.#rows(this.labels());
    this.element = h(
      "section",
      {class: "lab-standings many-standings", "aria-label": t("lab.standings")},
      h("div", {class: "many-table", tabindex: "0", role: "region", "aria-label": t("lab.standings")}, this.table),
      h("p", {class: "lab-standings-about"}, t("lab.standings.about")),
      copyTools(lab, rows),
    );
  }

  labels() {
    return this.lab.arms().map(({label}) => label);
  }

  paint() {
    if (!this.due) return;
    this.stale = false;
    const {lab} = this;
    const labels = this.labels();
    const state = JSON.stringify([labels, lab.theme.arms]);
    if (state !== this.state) this.#build(labels);
    this.state = state;
    const found = this.#rows(labels);
    for (const [arm, {cells}] of found.entries()) this.rows[arm].fill(cells);
  }

  // As the arms stand, or stood after the step that is looked back at.
  #rows(labels) {
    const {store, config, past} = this.lab;
    return standings(store, labels, config.metrics, past ?? Infinity);
  }

  #build(labels) {
    const {lab} = this;
    const {t, config} = lab;
    this.rows = labels.map(() => new Cells(t, config.metrics.length));
    const name = (scope) => (label, arm) => h("th", {scope}, lab.legend.sample(arm), label);
    const arms = h("th", {scope: "col"}, t("lab.many.arm"));
    const turned = lab.present && config.metrics.length > WIDEST;
    const head = turned ? labels.map(name("col")) : metricHeads(lab);
    const body = turned
      ? config.metrics.map(({label}, i) =>
          h(
            "tr",
            {},
            h("th", {scope: "row"}, label),
            this.rows.flatMap(({pairs}) => pairs[i]),
          ),
        )
      : labels.map(name("row")).map((cell, arm) => h("tr", {"data-row": arm}, cell, this.rows[arm].elements));
    this.table.replaceChildren(h("thead", {}, h("tr", {}, arms, head)), h("tbody", {}, body));
  }
}
