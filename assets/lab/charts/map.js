// A metric over the values of two knobs.

import {measured, number} from "../data/text.js";
import {faint} from "../page/theme.js";
import {OverKnobs} from "./responses.js";

/** Over the values of two knobs, as a map whose cells open their curves. */
export class SeedMap extends OverKnobs {
  figure() {
    const {lab} = this;
    const {theme, t, font, store} = lab;
    this.retitle();
    const [one, two] = lab.axes();
    const told = store.response(lab.metric);
    const cell = (x, y) => told.find(({values}) => values[one.name] === x && values[two.name] === y);
    const grid = two.values.map((y) => one.values.map((x) => cell(x, y)));
    const z = grid.map((row) => row.map((found) => (Number.isFinite(found?.mean) ? found.mean : null)));
    const means = z.flat().filter((value) => value !== null);
    const [low, high] = means.length ? [Math.min(...means), Math.max(...means)] : [0, 1];
    const shade = [
      [0, faint(theme.accent, 0)],
      [1, faint(theme.accent, 0.75)],
    ];
    const better = lab.better(lab.metric);
    const roomy = this.plot.clientWidth / Math.max(1, one.values.length) > 52;
    const shown = (found) => {
      if (!found) return "";
      const lost = found.num_diverged
        ? `<br>${t("lab.seeds.diverged", {count: found.num_diverged, seeds: found.n + found.num_diverged})}`
        : "";
      return Number.isFinite(found.mean)
        ? `${number(found.mean, roomy ? 3 : 2)}${roomy ? lost : lost && " †"}`
        : lost && "†";
    };
    const at = told.find(({point}) => point === lab.point);
    const shapes = [];
    if (at) {
      const [x, y] = [one.values.indexOf(at.values[one.name]), two.values.indexOf(at.values[two.name])];
      shapes.push({
        type: "rect",
        x0: x - 0.5,
        x1: x + 0.5,
        y0: y - 0.5,
        y1: y + 0.5,
        line: {color: theme.text, width: 2.5},
      });
    }
    const names = (axis) =>
      axis.values.map(
        (value) =>
          `${lab.valueText(axis.name, value)}${store.head.neutral?.[axis.name] === value ? ` (${t("lab.neutral")})` : ""}`,
      );
    const axisOf = (axis) =>
      this.axis({
        title: lab.axisTitle(axis.name),
        tickvals: axis.values.map((_, i) => i),
        ticktext: names(axis),
        range: [-0.5, axis.values.length - 0.5],
        showgrid: false,
      });
    const longest = Math.max(...names(two).map((text) => text.length));
    return {
      empty: means.length ? "" : lab.waitingText(),
      data: [
        {
          type: "heatmap",
          z,
          x: one.values.map((_, i) => i),
          y: two.values.map((_, i) => i),
          zmin: low,
          zmax: high > low ? high : low + 1,
          colorscale: shade,
          reversescale: better === "lower",
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
          text: grid.map((row) => row.map(shown)),
          texttemplate: "%{text}",
          textfont: {size: font, color: theme.text},
          customdata: grid.map((row) =>
            row.map((found) =>
              found
                ? `${lab.knobsText(found.values)}: ${measured(found.mean)} ${t("lab.seeds.interval", {low: measured(found.low), high: measured(found.high)})}, n = ${found.n}`
                : "",
            ),
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
        xaxis: axisOf(one),
        yaxis: axisOf(two),
        shapes,
      },
      description: told
        .filter(({mean}) => Number.isFinite(mean))
        .map((row) => `${lab.knobsText(row.values)}: ${measured(row.mean)}`)
        .join("; "),
    };
  }

  bind() {
    super.bind();
    this.plot.on("plotly_click", ({points: [at]}) => {
      const [one, two] = this.lab.axes();
      const row = this.lab.store
        .response(this.lab.metric)
        .find(({values}) => values[one.name] === one.values[at.x] && values[two.name] === two.values[at.y]);
      if (row) this.lab.choose(row.point);
    });
  }
}
