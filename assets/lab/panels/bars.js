// A few numbers side by side.

import {extremes} from "../charts/figure.js";
import {measured} from "../data/text.js";
import {Inside} from "./inside.js";

/** A few amounts side by side, one bar for each arm. */
export class Bars extends Inside {
  #groups() {
    const {declared, lab} = this;
    const previewed = lab.preview.has(declared.array);
    const moving = previewed && (declared.preview || !lab.store.run);
    const arms = moving ? this.selected() : this.arms();
    return arms.map((arm) => ({arm, values: this.array(arm, declared.array)?.values})).filter(({values}) => values);
  }

  #names(length) {
    return this.declared.labels ?? Array.from({length}, (_, i) => String(i));
  }

  figure() {
    const {declared, lab} = this;
    const groups = this.#groups();
    if (!groups.length) return this.waiting();
    const names = this.#names(groups[0].values.length);
    const [low, high] = extremes([0, ...groups.flatMap(({values}) => Array.from(values))]);
    const range = this.follow("y", low, high, low === 0 ? [0, Infinity] : undefined);
    return {
      data: groups.map(({arm, values}) => ({
        type: "bar",
        name: arm.label,
        x: names,
        y: Array.from(values),
        marker: {
          color: lab.theme.arms[arm.index],
          pattern: {shape: arm.index === 0 ? "/" : "", size: 5, solidity: 0.35},
        },
        hovertemplate: `%{x}: %{y:.3~g}`,
      })),
      layout: {
        margin: this.margin,
        bargap: 0.25,
        xaxis: this.axis({type: "category", title: declared.xlabel, showgrid: false, nticks: 12, tickangle: 0}),
        yaxis: this.axis({range, title: declared.ylabel, nticks: 4, tickformat: high < 1000 ? ".3~g" : ",.3~r"}),
      },
      description: groups
        .map(
          ({arm, values}) => `${arm.label}: ${Array.from(values, (v, i) => `${names[i]} ${measured(v)}`).join(", ")}`,
        )
        .join("; "),
    };
  }

  rows() {
    const groups = this.#groups();
    if (!groups.length) return null;
    const names = this.#names(groups[0].values.length);
    return {
      head: ["", ...groups.map(({arm}) => arm.label)],
      rows: names.map((name, i) => [name, ...groups.map(({values}) => measured(values[i]))]),
    };
  }
}
