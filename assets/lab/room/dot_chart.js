// An experiment on the wall: a dot for each run that has ended, and what they say together so far.

import {logarithmic} from "../data/scale.js";
import {logTicks} from "../data/series.js";
import {number} from "../data/text.js";
import {fixed, Picture, WIDTH} from "./picture.js";
import {evenTicks} from "./small_chart.js";

const HEIGHT = 330;
const LEFT = 76;
const RIGHT = 24;
const TOP = 14;
const BOTTOM = 34;
const MOST_NAMED = 12; // places with a value under each

/**
 * Of seeds: each dot is how far an arm ended from the first, on that seed; across lies their mean with its interval.
 * Of settings: each dot is where a run ended, and a line leads through the means.
 *
 * @param {any} experiment as the room tells of it
 * @param {{dots: any[], bands: any[], values: any[]}} picture as the wall is told of it
 * @param {{colors: string[], ink: string, muted: string, said: (value: any) => string}} look `said` writes a value
 * @returns {string} what stands in the svg; "" while there is nothing to draw
 */
export function dotsOf(experiment, picture, look) {
  const dots = picture.dots.filter(({2: value}) => Number.isFinite(value));
  if (!dots.length) return "";
  const isSeeds = experiment.kind === "seeds";
  const x = isSeeds ? placesOf(picture.values.length) : valuesOf(picture.values);
  const y = heights(dots, picture.bands, isSeeds);
  const parts = [grid(y.ticks, y.at, isSeeds), names(picture.values, x, look)];
  parts.push(isSeeds ? bandsOf(picture.bands, y, look) : linesOf(picture.bands, x.at, y.at, look));
  const circle = ([place, arm, value]) =>
    `<circle class="dot" cx="${fixed(x.at(place))}" cy="${fixed(y.at(value))}" r="7" fill="${look.colors[arm]}"/>`;
  return parts.join("") + dots.map(circle).join("");
}

export class DotChart extends Picture {
  constructor() {
    super("wall-dots", HEIGHT);
  }

  /** As `dotsOf`; under it stands a `caption`. */
  draw(experiment, picture, look, caption) {
    const drawn = picture.dots ? dotsOf(experiment, picture, look) : "";
    this.figure.hidden = !drawn;
    this.show(drawn, caption);
  }
}

// Seeds stand side by side in their order.
function placesOf(count) {
  return {at: (place) => LEFT + ((place + 0.5) / count) * (WIDTH - LEFT - RIGHT)};
}

// Numbers stand where they are, by steps or by factors; choices side by side.
function valuesOf(values) {
  if (values.some((value) => typeof value !== "number")) return placesOf(values.length);
  const scale = logarithmic(values) ? Math.log10 : (value) => value;
  const [first, last] = [scale(values[0]), scale(values.at(-1))];
  const room = 24;
  const width = WIDTH - LEFT - RIGHT - 2 * room;
  return {at: (place) => LEFT + room + ((scale(values[place]) - first) / (last - first || 1)) * width};
}

// With no difference in sight; settings by factors where they differ much.
function heights(dots, bands, isSeeds) {
  const spans = bands.flatMap(({mean, low, high}) => (isSeeds ? [low ?? mean, high ?? mean] : [mean]));
  const shown = [...dots.map(({2: value}) => value), ...spans, ...(isSeeds ? [0] : [])].filter(Number.isFinite);
  const [least, most] = [Math.min(...shown), Math.max(...shown)];
  const log = !isSeeds && least > 0 && most / least > 30;
  const scale = log ? Math.log10 : (value) => value;
  const span = scale(most) - scale(least) || Math.abs(most) || 1;
  const [low, high] = [scale(least) - 0.08 * span, scale(most) + 0.08 * span];
  const at = (value) => TOP + ((high - scale(value)) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  return {at, ticks: log ? logTicks([low, high]) : evenTicks(low, high)};
}

function grid(ticks, at, isSeeds) {
  const line = (value) => {
    const y = fixed(at(value));
    const kind = isSeeds && Math.abs(value) < 1e-12 ? "dot-zero" : "room-grid";
    return (
      `<line class="${kind}" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/>` +
      `<text x="${LEFT - 8}" y="${y}" text-anchor="end" dominant-baseline="middle">${number(value)}</text>`
    );
  };
  return ticks.map(line).join("");
}

function names(values, x, {said}) {
  const every = Math.ceil(values.length / MOST_NAMED);
  let last = -Infinity;
  return values
    .map((value, place) => {
      const at = x.at(place);
      if (place % every || at - last < 60) return "";
      last = at;
      return `<text x="${fixed(at)}" y="${HEIGHT - 10}" text-anchor="middle">${said(value)}</text>`;
    })
    .join("");
}

function bandsOf(bands, {at}, {colors}) {
  return bands
    .filter(({mean}) => Number.isFinite(mean))
    .map(({arm, mean, low, high}) => {
      const [top, bottom] = [at(high ?? mean), at(low ?? mean)];
      const y = fixed(at(mean));
      const width = WIDTH - LEFT - RIGHT;
      return (
        `<rect class="dot-band" x="${LEFT}" width="${width}" y="${fixed(top)}" height="${fixed(bottom - top)}" ` +
        `fill="${colors[arm]}"/>` +
        `<line class="dot-mean" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}" stroke="${colors[arm]}"/>`
      );
    })
    .join("");
}

function linesOf(bands, at, y, {colors}) {
  const arms = new Set(bands.map(({arm}) => arm));
  return [...arms]
    .map((arm) => {
      const own = bands.filter((one) => one.arm === arm && Number.isFinite(one.mean));
      const path = own
        .toSorted((one, other) => one.place - other.place)
        .map(({place, mean}, i) => `${i ? "L" : "M"}${fixed(at(place))} ${fixed(y(mean))}`)
        .join("");
      return `<path class="room-curve" d="${path}" stroke="${colors[arm]}"/>`;
    })
    .join("");
}
