// A metric over the values of two knobs.

import {measured, number} from "../data/text.js";
import {faint} from "../page/theme.js";
import {axisOf, extremes} from "./figure.js";
import {measuredPoints, OverKnobs, toldOf} from "./responses.js";

const ROOMY = 52; // pixels: cells at least so wide say more

/** The point at a place of each of the two axes. */
export function pointAt({store, metric}, [one, two], x, y) {
  const rows = store.response(metric);
  return rows.find(({values}) => values[one.name] === one.values[x] && values[two.name] === two.values[y]);
}

/** A map whose cells say mean and lost seeds; the point whose curves are open has a frame. */
export function seedMap(lab, width) {
  const {theme, t, font, store} = lab;
  const axes = lab.axes();
  const [one, two] = axes;
  const grid = two.values.map((_, y) => one.values.map((__, x) => pointAt(lab, axes, x, y)));
  const z = grid.map((row) => row.map((found) => (Number.isFinite(found?.mean) ? found.mean : null)));
  const means = z.flat().filter((value) => value !== null);
  const [low, high] = extremes(means);
  const roomy = width / Math.max(1, one.values.length) > ROOMY;
  const at = store.response(lab.metric).find(({point}) => point === lab.point);
  const [x, y] = axes.map(({name, values}) => values.indexOf(at?.values[name]));
  const frame = {type: "rect", x0: x - 0.5, x1: x + 0.5, y0: y - 0.5, y1: y + 0.5};
  const longest = Math.max(...valueNames(lab, two).map((text) => text.length));
  return {
    empty: means.length ? "" : lab.waitingText(),
    data: [
      {
        type: "heatmap",
        z,
        x: [...one.values.keys()],
        y: [...two.values.keys()],
        zmin: low,
        zmax: high > low ? high : low + 1,
        colorscale: [
          [0, faint(theme.accent, 0)],
          [1, faint(theme.accent, 0.75)],
        ],
        reversescale: lab.better(lab.metric) === "lower",
        showscale: means.length > 0,
        colorbar: {
          thickness: 10,
          outlinewidth: 0,
          nticks: 5,
          tickformat: ".3~g",
          tickfont: {size: font, color: theme.muted},
          title: {text: lab.name(lab.metric), side: "right", font: {size: font, color: theme.muted}},
        },
        xgap: 2,
        ygap: 2,
        text: grid.map((row) => row.map((found) => cellText(t, found, roomy))),
        texttemplate: "%{text}",
        textfont: {size: font, color: theme.text},
        customdata: grid.map((row) =>
          row.map((found) => (found ? `${lab.knobsText(found.values)}: ${toldOf(lab, found)}, n = ${found.n}` : "")),
        ),
        hovertemplate: "%{customdata}<extra></extra>",
      },
    ],
    layout: {
      margin: {
        l: Math.round(Math.max(longest * font * 0.55, 24) + font * 2.4),
        r: means.length ? Math.round(font * 6.5) : 8,
        t: 8,
        b: Math.round(font * 3.4),
      },
      hovermode: "closest",
      xaxis: axisOfValues(lab, one),
      yaxis: axisOfValues(lab, two),
      shapes: at ? [{...frame, line: {color: theme.text, width: 2.5}}] : [],
    },
    description: measuredPoints(lab)
      .map((row) => `${lab.knobsText(row.values)}: ${measured(row.mean)}`)
      .join("; "),
  };
}

/** What stands in a cell: its mean, and how many seeds diverged; with little room a mark that some did. */
export function cellText(t, found, roomy) {
  const lost = found?.num_diverged;
  const diverged = lost ? t("lab.seeds.diverged", {count: lost, seeds: found.n + lost}) : "";
  if (!Number.isFinite(found?.mean)) return lost ? "†" : "";
  if (roomy) return [number(found.mean, 3), diverged].filter(Boolean).join("<br>");
  return `${number(found.mean, 2)}${lost ? " †" : ""}`;
}

// The values of a knob in words, the one that changes nothing marked.
function valueNames(lab, {name, values}) {
  const neutral = lab.store.head.neutral?.[name];
  return values.map((value) => {
    return `${lab.valueText(name, value)}${neutral === value ? ` (${lab.t("lab.neutral")})` : ""}`;
  });
}

function axisOfValues(lab, axis) {
  return axisOf(lab, true, {
    title: lab.axisTitle(axis.name),
    tickvals: [...axis.values.keys()],
    ticktext: valueNames(lab, axis),
    range: [-0.5, axis.values.length - 0.5],
    showgrid: false,
  });
}

/** Over the values of two knobs, as a map whose cells open their curves. */
export class SeedMap extends OverKnobs {
  figure() {
    this.retitle();
    return seedMap(this.lab, this.width);
  }

  bind() {
    super.bind();
    this.plot.on("plotly_click", ({points: [at]}) => {
      const row = pointAt(this.lab, this.lab.axes(), at.x, at.y);
      if (row) this.lab.choose(row.point);
    });
  }
}
