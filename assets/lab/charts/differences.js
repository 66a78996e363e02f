// By how much arms stand above or below the baseline: of a run with many arms, and of a study seed by seed.

import {direction, signed, standing} from "../data/standings.js";
import {measured} from "../data/text.js";
import {faint} from "../page/theme.js";
import {Chart} from "./chart.js";
import {Curves} from "./curves.js";

/** What each arm of an ablation is ahead of the baseline, or behind it. */
export class ArmDifferences extends Chart {
  still = true;

  constructor(many) {
    super(many, {id: "differences", title: many.t("lab.many.differences", {metric: many.name(many.metric)})});
  }

  rename() {
    this.retitle(this.lab.t("lab.many.differences", {metric: this.lab.name(this.lab.metric)}));
  }

  #standings() {
    const {lab} = this;
    const labels = lab.labels();
    return labels.slice(1).map((label, i) => ({label, ...standing(lab.store, i + 1, lab.metric)}));
  }

  figure() {
    const {lab} = this;
    const {theme, t, font} = lab;
    const {better} = lab.config.metrics.find(({name}) => name === lab.metric);
    const found = this.#standings();
    const known = found.filter(({difference}) => Number.isFinite(difference));
    const narrow = this.plot.clientWidth < 420;
    const room = narrow ? 1.9 : 1.5; // for the number at a bar's end, beside the names
    const reach = Math.max(1e-9, ...known.map(({difference}) => Math.abs(difference))) * room;
    const good = known.map(({difference}) => direction(difference, better) > 0);
    const longest = Math.max(0, ...found.map(({label}) => label.length));
    const sides = better === "lower" ? ["lab.many.better", "lab.many.worse"] : ["lab.many.worse", "lab.many.better"];
    return {
      empty: known.length ? "" : t("lab.many.empty.differences"),
      data: [
        {
          type: "bar",
          orientation: "h",
          y: known.map(({label}) => label),
          x: known.map(({difference}) => difference),
          marker: {
            color: good.map((one) => (one ? theme.accent : faint(theme.text, 0.35))),
            pattern: {shape: good.map((one) => (one ? "" : "/")), size: 5, solidity: 0.35, fgcolor: theme.muted},
          },
          text: known.map(({difference}) => signed(difference)),
          textposition: "outside",
          cliponaxis: false,
          textfont: {size: font, color: theme.text},
          hovertemplate: "%{y}: %{x:+.3~g}<extra></extra>",
        },
      ],
      layout: {
        margin: {l: Math.min(longest * font * 0.55 + 12, narrow ? 150 : 220), r: 12, t: 20, b: Math.round(font * 2.4)},
        bargap: 0.35,
        xaxis: this.axis({
          range: [-reach, reach],
          zeroline: true,
          zerolinecolor: theme.axis,
          tickformat: "+.2~g",
          nticks: 5,
          showticklabels: known.length > 0,
        }),
        yaxis: this.axis({
          type: "category",
          categoryorder: "array",
          categoryarray: found.map(({label}) => label).toReversed(),
          range: [-0.6, found.length - 0.4],
          showgrid: false,
          showticklabels: known.length > 0,
          tickmode: "linear",
        }),
        annotations: sides.map((key, i) => ({
          x: i,
          y: 1,
          xref: "paper",
          yref: "paper",
          xanchor: i ? "right" : "left",
          yanchor: "bottom",
          text: i ? `${t(key)} →` : `← ${t(key)}`,
          showarrow: false,
          font: {size: font, color: theme.muted},
        })),
      },
      description: known.map(({label, difference}) => `${label} ${signed(difference)}`).join("; "),
    };
  }

  rows() {
    const {t, name, metric} = this.lab;
    const rows = this.#standings().map(({label, value, difference}) => [label, measured(value), signed(difference)]);
    return {head: [t("lab.many.arm"), name(metric), t("lab.many.difference")], rows};
  }
}

/** What each arm is above or below the baseline of the same seed, over the steps. */
export class SeedDifferences extends Curves {
  constructor(lab) {
    super(lab, {id: "difference", title: ""});
  }

  #drawn() {
    const {store, metric} = this.lab;
    return this.lab
      .arms()
      .filter(({index}) => index > 0)
      .map(({index, look, label}) => {
        return {look, label, seeds: store.differences(index, metric), band: store.difference(index, metric)};
      });
  }

  figure() {
    const {lab} = this;
    const {theme, t, font, metric} = lab;
    this.retitle(t("lab.seeds.difference", {metric: lab.name(metric)}));
    const line = {color: theme.text, width: 1.5};
    const zero = {type: "line", xref: "paper", x0: 0, x1: 1, y0: 0, y1: 0, line, layer: "below"};
    const better = lab.better(metric);
    const said = better === "lower" ? ["lab.many.worse", "lab.many.better"] : ["lab.many.better", "lab.many.worse"];
    const text = {
      xref: "paper",
      yref: "paper",
      x: 0,
      xanchor: "left",
      xshift: 6,
      showarrow: false,
      font: {size: font, color: theme.muted},
    };
    const sides = better
      ? [
          {...text, y: 1, yanchor: "top", text: `↑ ${t(said[0])}`},
          {...text, y: 0, yanchor: "bottom", text: `↓ ${t(said[1])}`},
        ]
      : [];
    return this.draw(this.#drawn(), {empty: lab.waitingText(true), also: [0], shapes: [zero], annotations: sides});
  }

  rows() {
    return this.bandRows(this.#drawn());
  }
}
