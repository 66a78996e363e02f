// Of tricks together: what each adds to the others, and alone.

import {direction, parts, signed, WAYS} from "../data/standings.js";
import {h} from "../page/dom.js";
import {Painted} from "./standings_table.js";

/** Of tricks together: what each does when it is added to all the others, and alone, on the metric that is shown. */
export class PartsTable extends Painted {
  constructor(many) {
    super(many);
    this.table = h("table", {});
    this.element = h("div", {class: "many-table many-parts", tabindex: "0", role: "region"}, this.table);
  }

  paint() {
    if (!this.due) return;
    this.stale = false;
    const {lab: many} = this;
    const {t, config, metric} = many;
    const tricks = (many.spec?.arms ?? []).map((arm) => arm.tricks);
    const found = parts(many.store, tricks, metric, config.metrics);
    this.element.hidden = !found.some(({last, alone}) => Number.isFinite(last) || Number.isFinite(alone));
    const {better} = config.metrics.find(({name}) => name === metric);
    const state = JSON.stringify([found, metric]);
    if (state === this.state) return;
    this.state = state;
    const label = t("lab.many.parts", {metric: many.name(metric)});
    this.element.setAttribute("aria-label", label);
    const head = [label, t("lab.many.parts.last"), t("lab.many.parts.alone")].map((text) =>
      h("th", {scope: "col"}, text),
    );
    const cell = (difference, idle) =>
      idle
        ? h("td", {class: "many-idle"}, t("lab.many.parts.idle"))
        : h("td", {class: "many-difference", "data-way": WAYS[direction(difference, better)]}, signed(difference));
    const rows = found.map(({trick, last, alone, idle, idleAlone}) =>
      h(
        "tr",
        {"data-trick": trick},
        h("th", {scope: "row"}, config.titles[trick] ?? trick),
        cell(last, idle),
        cell(alone, idleAlone),
      ),
    );
    this.table.replaceChildren(h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows));
  }
}
