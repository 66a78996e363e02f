// By how much arms stand above or below the baseline: of a run with many arms, and of a study seed by seed.

import {direction, signed, standing, standingCells} from "../data/standings.js";
import {faint} from "../page/theme.js";
import {Chart} from "./chart.js";
import {bandRows, Curves, curvesFigure} from "./curves.js";
import {axisOf} from "./figure.js";

const NARROW = 420; // pixels: less room for names, more for the number at a bar's end

/** Which side of nothing is the better one: the words for what is less and for what is more. */
export function sidesOf(better, t) {
  const [good, bad] = [t("lab.many.better"), t("lab.many.worse")];
  return better === "lower" ? {less: good, more: bad} : {less: bad, more: good};
}

/** Where each arm but the baseline stands on the metric shown. */
function ahead(lab) {
  const labels = lab.labels().slice(1);
  return labels.map((label, i) => ({label, ...standing(lab.store, i + 1, lab.metric)}));
}

/** A bar for each arm that is measured, the better ones in the accent. */
export function armDifferences(lab, width) {
  const {theme, t, font, metric, config} = lab;
  const {better} = config.metrics.find(({name}) => name === metric);
  const found = ahead(lab);
  const known = found.filter(({difference, ended}) => Number.isFinite(difference) && !ended);
  const narrow = width < NARROW;
  const reach = Math.max(1e-9, ...known.map(({difference}) => Math.abs(difference))) * (narrow ? 1.9 : 1.5);
  const good = known.map(({difference}) => direction(difference, better) > 0);
  const longest = Math.max(0, ...found.map(({label}) => label.length));
  const {less, more} = sidesOf(better, t);
  const side = {y: 1, xref: "paper", yref: "paper", yanchor: "bottom", showarrow: false};
  const muted = {size: font, color: theme.muted};
  return {
    empty: known.length ? "" : t(`lab.many.empty.${found.some(({ended}) => ended) ? "ended" : "differences"}`),
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
      xaxis: axisOf(lab, true, {
        range: [-reach, reach],
        zeroline: true,
        zerolinecolor: theme.axis,
        tickformat: "+.2~g",
        nticks: 5,
        showticklabels: known.length > 0,
      }),
      yaxis: axisOf(lab, true, {
        type: "category",
        categoryorder: "array",
        categoryarray: found.map(({label}) => label).toReversed(),
        range: [-0.6, found.length - 0.4],
        showgrid: false,
        showticklabels: known.length > 0,
        tickmode: "linear",
      }),
      annotations: [
        {...side, x: 0, xanchor: "left", text: `← ${less}`, font: muted},
        {...side, x: 1, xanchor: "right", text: `${more} →`, font: muted},
      ],
    },
    description: known.map(({label, difference}) => `${label} ${signed(difference)}`).join("; "),
  };
}

/** The same as a table. */
export function armDifferenceRows(lab) {
  const {t, name, metric} = lab;
  const rows = ahead(lab).map((arm) => [arm.label, ...standingCells(arm, t)]);
  return {head: [t("lab.many.arm"), name(metric), t("lab.many.difference")], rows};
}

/** Each seed's difference over the steps with its band, above and below nothing. */
export function seedDifferences(lab, chart, now) {
  const {theme, t, font, metric} = lab;
  const line = {color: theme.text, width: 1.5};
  const zero = {type: "line", xref: "paper", x0: 0, x1: 1, y0: 0, y1: 0, line, layer: "below"};
  const better = lab.better(metric);
  const {less, more} = sidesOf(better, t);
  const place = {xref: "paper", yref: "paper", x: 0, xanchor: "left", xshift: 6};
  const text = {...place, showarrow: false, font: {size: font, color: theme.muted}};
  const sides = [
    {...text, y: 1, yanchor: "top", text: `↑ ${more}`},
    {...text, y: 0, yanchor: "bottom", text: `↓ ${less}`},
  ];
  const parts = {empty: lab.waitingText(true), also: [0], shapes: [zero], annotations: better ? sides : []};
  return curvesFigure(lab, chart, paired(lab), parts, now);
}

function paired(lab) {
  const {store, metric} = lab;
  const arms = lab.arms().filter(({index}) => index > 0);
  return arms.map(({index, look, label}) => {
    return {look, label, seeds: store.differences(index, metric), band: store.difference(index, metric)};
  });
}

/** What each arm of an ablation is ahead of the baseline, or behind it. */
export class ArmDifferences extends Chart {
  still = true;

  constructor(many) {
    super(many, {id: "differences", title: ""});
    this.rename();
  }

  rename() {
    this.retitle(this.lab.t("lab.many.differences", {metric: this.lab.name(this.lab.metric)}));
  }

  figure() {
    return armDifferences(this.lab, this.width);
  }

  rows() {
    return armDifferenceRows(this.lab);
  }
}

/** What each arm is above or below the baseline of the same seed, over the steps. */
export class SeedDifferences extends Curves {
  constructor(lab) {
    super(lab, {id: "difference", title: ""});
  }

  figure() {
    this.retitle(this.lab.t("lab.seeds.difference", {metric: this.lab.name(this.lab.metric)}));
    return seedDifferences(this.lab, this, performance.now());
  }

  rows() {
    return bandRows(this.lab, paired(this.lab));
  }
}
