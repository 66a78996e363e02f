// Points in the plane, what an arm makes of the plane, and the paths taken over it.

import {extremes} from "../charts/figure.js";
import {count, measured} from "../data/text.js";
import {blend, DASHES, faint, SYMBOLS} from "../page/theme.js";
import {Inside, LEAST_HEIGHT} from "./inside.js";

const BARE = {showgrid: false, zeroline: false, showticklabels: false, fixedrange: true, ticks: ""}; // an axis

// Left, right, bottom and top of a field, whose ends are numbers, or one for each axis.
function cornersOf(field) {
  const [low, high] = [field.low, field.high].map((end) => (Array.isArray(end) ? end : [end, end]));
  return [low[0], high[0], low[1], high[1]];
}

function kindsOf(groups) {
  return [...new Set(groups)].sort((a, b) => a - b);
}

/**
 * Points in the plane, colored and marked by group, over a field where there is one; one square for each arm, or with
 * `paths` one for all of them.
 */
export class Scatter extends Inside {
  get least() {
    return this.declared.paths ? 2 * LEAST_HEIGHT : LEAST_HEIGHT;
  }

  figure() {
    const {declared, lab} = this;
    const {theme, font} = lab;
    const shown = (lab.store.run ? this.arms() : this.selected())
      .map((arm) => ({arm, x: this.array(arm, declared.x)?.values, y: this.array(arm, declared.y)?.values}))
      .filter(({x, y}) => x && y);
    if (!shown.length) return this.waiting();
    if (declared.paths) return this.#pathsFigure(shown);
    const data = [];
    const layout = {
      margin: {l: 4, r: 4, t: shown.length > 1 ? Math.round(font * 1.5) : 4, b: 4},
      annotations: [],
      shapes: [],
    };
    const width = 1 / shown.length;
    shown.forEach(({arm, x, y}, i) => {
      const suffix = i ? String(i + 1) : "";
      const [left, right, bottom, top] = this.#box(arm, x, y);
      data.push(...this.#field(arm, suffix), ...this.#points(arm, x, y, suffix));
      const domain = [i * width + (i ? 0.01 : 0), (i + 1) * width - (i < shown.length - 1 ? 0.01 : 0)];
      layout[`xaxis${suffix}`] = {...BARE, domain, anchor: `y${suffix}`, range: [left, right]};
      layout[`yaxis${suffix}`] = {...BARE, anchor: `x${suffix}`, range: [bottom, top]};
      if (shown.length > 1) {
        const place = {
          x: (domain[0] + domain[1]) / 2,
          y: 1,
          xref: "paper",
          yref: "paper",
          xanchor: "center",
          yanchor: "bottom",
        };
        layout.annotations.push({...place, text: arm.label, showarrow: false, font: {size: font, color: theme.text}});
      }
    });
    return {data, layout, description: lab.t("lab.describe.points", {count: count(shown[0].x.length)})};
  }

  /** All arms' paths over one ground, true to shape; from their ends arrows, thin for the first group of them. */
  #pathsFigure(shown) {
    const {declared, lab} = this;
    const [left, right, bottom, top] = this.#box(shown[0].arm, shown[0].x, shown[0].y);
    const scale = {type: "linear", ...BARE, constrain: "domain"};
    const data = [
      ...this.#ground(shown[0].arm),
      ...[...shown].reverse().flatMap(({arm, x, y}) => this.#path(arm, x, y)),
    ];
    const layout = {
      margin: {l: 4, r: 4, t: 4, b: 4},
      xaxis: {...scale, range: [left, right]},
      yaxis: {...scale, range: [bottom, top], scaleanchor: "x"},
    };
    const {t} = lab;
    const stand = ({arm, x, y}) => {
      const groups = this.array(arm, declared.group).values;
      const end = groups.lastIndexOf(0);
      return t("lab.describe.point", {arm: arm.label, x: measured(x[end]), y: measured(y[end])});
    };
    return {data, layout, description: shown.map(stand).join("; ")};
  }

  #ground(arm) {
    const [heat] = this.#field(arm, "");
    if (!heat) return [];
    const {theme} = this.lab;
    const levels = {start: 0.1, end: 0.9, size: 0.1, coloring: "none"};
    const line = {color: faint(theme.text, 0.22), width: 1};
    const colorscale = [
      [0, blend(theme.text, theme.ground, 0.22)],
      [1, theme.ground],
    ];
    const {x, y, z} = heat;
    return [
      {...heat, colorscale},
      {type: "contour", x, y, z, showscale: false, contours: levels, line, hoverinfo: "skip"},
    ];
  }

  #path(arm, x, y) {
    const {declared, lab} = this;
    const {theme} = lab;
    const groups = this.array(arm, declared.group).values;
    const of = (group) => Array.from(x, (_, i) => i).filter((i) => groups[i] === group);
    const line = this.stroke(arm);
    return kindsOf(groups).map((group) => {
      const at = of(group);
      const place = {x: at.map((i) => x[i]), y: at.map((i) => y[i])};
      if (group === 0) {
        const ending = (last, others) => at.map((_, i) => (i === at.length - 1 ? last : others));
        const marker = {color: line.color, size: ending(9, 2), line: {color: theme.ground, width: ending(1.5, 0)}};
        const text = `${arm.label}: %{x:.3g}, %{y:.3g}<extra></extra>`;
        return {type: "scatter", mode: "lines+markers", ...place, line, marker, hovertemplate: text};
      }
      const thin = group === 1;
      const marker = {
        symbol: "arrow",
        angleref: "previous",
        size: [0, thin ? 6 : 9],
        color: line.color,
        line: {width: 0},
      };
      const shaft = {color: line.color, width: thin ? 1.2 : 2.6};
      return {type: "scatter", mode: "lines+markers", ...place, line: shaft, marker, hoverinfo: "skip"};
    });
  }

  #box(arm, x, y) {
    const {field} = this.declared;
    if (field) return cornersOf(field);
    const span = (values, key) => this.follow(`${key}${arm.index}`, ...extremes(values));
    return [...span(x, "x"), ...span(y, "y")];
  }

  #field(arm, suffix) {
    const {field} = this.declared;
    const values = field && this.lab.store.probe(arm.index, field.values, this.lab.cursor ?? Infinity);
    if (!values) return [];
    const {theme} = this.lab;
    const [rows, columns] = values.shape;
    const [left, right, bottom, top] = cornersOf(field);
    const line = (from, to, size) => Array.from({length: size}, (_, i) => from + ((to - from) * i) / (size - 1));
    const z = Array.from({length: rows}, (_, i) => Array.from(values.values.subarray(i * columns, (i + 1) * columns)));
    const place = {
      x: line(left, right, columns),
      y: line(bottom, top, rows),
      xaxis: `x${suffix}`,
      yaxis: `y${suffix}`,
    };
    const scale = [
      [0, blend(theme.groups[0], theme.ground, 0.45)],
      [0.5, theme.ground],
      [1, blend(theme.groups[1], theme.ground, 0.5)],
    ];
    const contours = {start: 0.5, end: 0.5, size: 1, coloring: "none"};
    const stroke = {color: theme.arms[arm.index], width: this.lab.present ? 4 : 2, dash: DASHES[arm.index]};
    return [
      {
        type: "heatmap",
        ...place,
        z,
        zmin: 0,
        zmax: 1,
        zsmooth: "best",
        showscale: false,
        colorscale: scale,
        hoverinfo: "skip",
      },
      {type: "contour", ...place, z, showscale: false, contours, line: stroke, hoverinfo: "skip"},
    ];
  }

  #points(arm, x, y, suffix) {
    const {declared, lab} = this;
    const {theme} = lab;
    const axes = {xaxis: `x${suffix}`, yaxis: `y${suffix}`};
    const labels = declared.group ? this.array(arm, declared.group)?.values : null;
    const groups = labels ? kindsOf(labels) : [null];
    const size = x.length > 400 ? 4 : 6;
    return groups.map((group) => {
      const at = Array.from(x, (_, i) => i).filter((i) => group === null || labels[i] === group);
      const color = group === null ? theme.arms[arm.index] : theme.groups[group % theme.groups.length];
      const marker = {
        color,
        size,
        symbol: SYMBOLS[((group ?? 0) + 1) % SYMBOLS.length],
        line: {color: theme.ground, width: 0.8},
      };
      return {
        type: "scatter",
        mode: "markers",
        ...axes,
        x: at.map((i) => x[i]),
        y: at.map((i) => y[i]),
        marker,
        hovertemplate:
          group === null ? "%{x:.3g}, %{y:.3g}<extra></extra>" : `${group}: %{x:.3g}, %{y:.3g}<extra></extra>`,
      };
    });
  }

  rows() {
    const arm = this.arms()[0];
    const [x, y] = [this.declared.x, this.declared.y].map((name) => (arm ? this.array(arm, name)?.values : null));
    if (!x || !y) return null;
    const head = [this.declared.x, this.declared.y].map((name) => this.lab.name(name));
    return {head, rows: Array.from(x.slice(0, 50), (value, i) => [measured(value), measured(y[i])])};
  }
}
