// Many arms at a glance: a live table with a row for each, and a small multiple of each against the baseline.

import {standings} from "../data/standings.js";
import {h} from "../page/dom.js";
import {Cells, copyTools, metricHeads, Painted} from "./standings_table.js";

/** The table: a row for each arm, which tricks are on, each metric and its difference to the baseline. */
export class ArmsTable extends Painted {
  constructor(many) {
    super(many);
    const label = many.t("lab.many.table");
    this.table = h("table", {});
    this.element = h(
      "section",
      {class: "many-standings"},
      h("div", {class: "many-table", tabindex: "0", role: "region", "aria-label": label}, this.table),
      copyTools(many, () => standings(many.store, many.labels(), many.config.metrics)),
    );
  }

  paint() {
    if (!this.due) return;
    this.stale = false;
    const {lab: many} = this;
    const state = JSON.stringify([
      many.labels(),
      many.arms(),
      many.theme.arms,
      many.config.metrics,
      many.spec?.arms.map((arm) => arm.tricks),
    ]);
    if (state !== this.state) this.#build();
    this.state = state;
    const found = standings(many.store, many.labels(), many.config.metrics);
    for (const [arm, cells] of (this.rows ?? []).entries()) cells.fill(found[arm].cells);
  }

  #build() {
    const {lab: many} = this;
    const {t, config, spec} = many;
    if (!spec) {
      this.rows = [];
      return void this.table.replaceChildren();
    }
    const tricks = config.kind === "combine" ? (spec.arms[1]?.tricks ?? []) : [];
    const head = [
      h("th", {scope: "col"}, t("lab.many.arm")),
      ...tricks.map((name) => h("th", {scope: "col", class: "many-trick"}, config.titles[name] ?? name)),
      ...metricHeads(many),
    ];
    const labels = many.labels();
    this.rows = spec.arms.map(() => []);
    const body = spec.arms.map((arm, index) => {
      const shown = many.arms().find((one) => one.index === index);
      const pick = () => many.choose(index);
      const name = h(
        "button",
        {
          type: "button",
          class: "many-arm",
          "aria-pressed": String(Boolean(shown)),
          onclick: pick,
          disabled: index === 0,
        },
        many.sample(shown),
        h("span", {}, labels[index]),
      );
      const marks = tricks.map((trick) => {
        const on = arm.tricks.includes(trick);
        return h(
          "td",
          {class: "many-trick"},
          h("span", {"aria-label": t(on ? "lab.many.on" : "lab.many.off")}, on ? "●" : "·"),
        );
      });
      this.rows[index] = new Cells(t, config.metrics.length);
      return h("tr", {"data-arm": index}, h("th", {scope: "row"}, name), ...marks, ...this.rows[index].elements);
    });
    this.table.replaceChildren(h("thead", {}, h("tr", {}, head)), h("tbody", {}, body));
  }
}
