// A small line chart, as SVG: what a phone draws of a run eight times a second.

import {extent, logTicks, pick, smooth, spread, thin} from "../data/series.js";
import {number} from "../data/text.js";

const NS = "http://www.w3.org/2000/svg";
const STRETCHES = 160;
const LEFT = 44;
const RIGHT = 12;
const TOP = 8;
const BOTTOM = 22;
const MOST_TICKS = 5;

export class SmallChart {
  /**
   * @param {HTMLElement} parent
   * @param {{title: string, traces: string[], log: boolean}} declared what it shows (see `pages/lab/charts.py`)
   */
  constructor(parent, declared) {
    this.declared = declared;
    this.figure = document.createElement("figure");
    this.figure.className = "room-chart";
    this.caption = document.createElement("figcaption");
    this.caption.textContent = declared.title;
    this.svg = document.createElementNS(NS, "svg");
    this.svg.setAttribute("role", "img");
    this.figure.append(this.caption, this.svg);
    parent.append(this.figure);
  }

  /**
   * @param {import("../data/store.js").Store} store
   * @param {{colors: string[], names: string[], width: number, height: number, dashed?: number}} look a color and a name
   *   for each arm, and which of them is dashed
   */
  draw(store, {colors, names, width, height, dashed = 0}) {
    const {traces, log} = this.declared;
    const window = Math.max(1, store.steps / 100);
    const curves = store.arms.flatMap((_, arm) =>
      traces.map((name) => ({arm, name, ...store.series(arm, name), ended: Boolean(store.failure(arm))})),
    );
    for (const curve of curves)
      if (!curve.name.startsWith("test_")) curve.values = smooth(curve.steps, curve.values, window);
    const range = extent(curves, log) ?? [log ? 0.1 : 0, 1];
    const [low, high] = padded(range, log);
    const place = log ? Math.log10 : (value) => value;
    const x = (step) => LEFT + (step / Math.max(1, store.steps)) * (width - LEFT - RIGHT);
    const y = (value) => TOP + ((high - place(value)) / (high - low)) * (height - TOP - BOTTOM);
    const parts = [axes(low, high, log, {x, y, width, height, steps: store.steps})];
    const ends = [];
    for (const curve of curves) {
      const isTest = curve.name.startsWith("test_");
      const {steps, values} = pick(curve, thin([curve], 0, Math.max(1, store.steps), STRETCHES));
      const path = pathOf(steps, values, {x, y, log, low, high});
      const style = `stroke="${colors[curve.arm]}" ${isTest || traces.length === 1 ? "" : 'opacity="0.45" '}`;
      parts.push(
        `<path class="room-curve" d="${path}" ${style}${curve.arm === dashed ? 'stroke-dasharray="6 4"' : ""}/>`,
      );
      if (isTest || traces.length === 1) ends.push({arm: curve.arm, x: x(steps.at(-1)), at: y(lastShown(values, log))});
    }
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.setAttribute("width", String(width));
    this.svg.setAttribute("height", String(height));
    this.svg.setAttribute("aria-label", said(this.declared.title, curves, names));
    this.svg.innerHTML = parts.join("") + marksOf(store, {x, height}) + endsOf(ends, {colors, height});
  }
}

/** @returns {[number, number]} */
function padded(range, log) {
  const [low, high] = range;
  const [bottom, top] = log ? [Math.log10(low), Math.log10(high)] : [low, high];
  const size = Math.max(Math.abs(top), Math.abs(bottom)) || 1;
  const span = top - bottom > 1e-3 * size ? top - bottom : size; // of one value there are ticks, too, that differ
  return [bottom - 0.05 * span, top + 0.08 * span];
}

/** @param {number} low @param {number} high */
function axes(low, high, log, {x, y, width, height, steps}) {
  const values = log ? logTicks([low, high]) : evenTicks(low, high);
  const rows = values.map((value) => {
    const at = y(value).toFixed(1);
    return (
      `<line class="room-grid" x1="${LEFT}" x2="${width - RIGHT}" y1="${at}" y2="${at}"/>` +
      `<text x="${LEFT - 6}" y="${at}" text-anchor="end" dominant-baseline="middle">${number(value)}</text>`
    );
  });
  const ends = [0, steps].map(
    (step) =>
      `<text x="${x(step)}" y="${height - 6}" text-anchor="${step ? "end" : "start"}">${number(step, 6)}</text>`,
  );
  return rows.join("") + ends.join("");
}

/** Even steps of 1, 2 or 5 between two ends. */
export function evenTicks(low, high) {
  const rough = (high - low) / MOST_TICKS;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * unit).find((size) => size >= rough);
  const first = Math.ceil(low / step);
  return Array.from({length: Math.floor(high / step) - first + 1}, (_, i) => (first + i) * step);
}

function pathOf(steps, values, {x, y, log, low, high}) {
  let path = "";
  let isDown = false;
  for (let i = 0; i < steps.length; i += 1) {
    const value = values[i];
    if (!Number.isFinite(value) || (log && value <= 0)) {
      isDown = false;
      continue;
    }
    const kept = Math.min(Math.max(log ? Math.log10(value) : value, low - (high - low)), high + (high - low));
    path += `${isDown ? "L" : "M"}${x(steps[i]).toFixed(1)} ${y(log ? 10 ** kept : kept).toFixed(1)}`;
    isDown = true;
  }
  return path;
}

function lastShown(values, log) {
  return values.findLast((value) => Number.isFinite(value) && (!log || value > 0)) ?? NaN;
}

// Where a knob was turned.
function marksOf(store, {x, height}) {
  return store.events
    .map(({step}) => `<line class="room-mark" x1="${x(step)}" x2="${x(step)}" y1="${TOP}" y2="${height - BOTTOM}"/>`)
    .join("");
}

function endsOf(ends, {colors, height}) {
  const known = ends.filter(({at}) => Number.isFinite(at));
  const places = spread(
    known.map(({at}) => at),
    8,
    TOP,
    height - BOTTOM,
  );
  return known
    .map(
      ({arm, x}, i) => `<circle cx="${(x + 6).toFixed(1)}" cy="${places[i].toFixed(1)}" r="3" fill="${colors[arm]}"/>`,
    )
    .join("");
}

function said(title, curves, names) {
  const last = curves.map(({arm, values}) => `${names[arm]} ${number(values.at(-1))}`);
  return `${title}. ${last.join(", ")}`;
}
