// An experiment of two knobs on the wall: a cell for each setting, filled as its runs end with their mean.

import {measured} from "../data/text.js";
import {blend} from "../page/theme.js";
import {knobName, knobValue, settingText} from "./knob_control.js";
import {fixed, Picture, WIDTH} from "./picture.js";

const HEIGHT = 380;
const LEFT = 150;
const RIGHT = 10;
const TOP = 30;
const BOTTOM = 52;
const GAP = 4;
const DECADES = 30; // means that differ by more are told apart by factors
const [FAINT, STRONG] = [0.06, 0.55]; // of the accent in a cell: text stays readable on both

/**
 * The cells of a map, row by row from below: the setting of each with its mean, how much that is worth from 0 (the
 * worst so far) to 1 (the best), how many seeds have diverged, and how many were lost. Of what has not ended the mean
 * is null. Where a seed has diverged the mean is of those that were left: it is worth nothing.
 *
 * @param {{bands: any[], values: any[][]}} picture as the wall is told of it
 * @param {string} better `lower` or `higher`
 */
export function cellsOf({bands, values}, better) {
  const axes = [0, 1].map((axis) => [...new Set(values.map((setting) => setting[axis]))]);
  const known = new Map(bands.map((band) => [band.place, band]));
  const means = bands.filter(isWhole).map(({mean}) => mean);
  const isWide = Math.min(...means) > 0 && Math.max(...means) / Math.min(...means) > DECADES;
  const scale = isWide ? Math.log10 : (value) => value;
  const [low, high] = [scale(Math.min(...means)), scale(Math.max(...means))];
  const risen = (mean) => (high > low ? (scale(mean) - low) / (high - low) : 1);
  const cells = values.map((setting, place) => {
    const {mean = null, diverged = 0, missing = 0} = known.get(place) ?? {};
    const [x, y] = axes.map((axis, i) => axis.indexOf(setting[i]));
    const grown = better === "lower" && high > low ? 1 - risen(mean) : risen(mean);
    return {setting, x, y, mean, worth: isWhole({mean, diverged}) ? grown : 0, diverged, missing};
  });
  return {axes, cells};
}

function isWhole({mean, diverged}) {
  return mean !== null && !diverged;
}

/**
 * @param {any} experiment as the room tells of it
 * @param {any[]} knobs both of them
 * @param {any} picture
 * @param {any} theme
 * @param {(key: string) => string} t
 * @returns {string} what stands in the svg
 */
export function mapOf({better}, knobs, picture, theme, t) {
  const {axes, cells} = cellsOf(picture, better);
  const [width, height] = [(WIDTH - LEFT - RIGHT) / axes[0].length, (HEIGHT - TOP - BOTTOM) / axes[1].length];
  const across = (x) => LEFT + x * width;
  const down = (y) => HEIGHT - BOTTOM - (y + 1) * height;
  const fill = ({mean, worth}) =>
    mean === null ? "none" : blend(theme.accent, theme.ground, FAINT + (STRONG - FAINT) * worth);
  const cell = (one) =>
    `<rect class="${classOf(one)}" x="${fixed(across(one.x) + GAP / 2)}" y="${fixed(down(one.y) + GAP / 2)}" ` +
    `width="${fixed(width - GAP)}" height="${fixed(height - GAP)}" rx="4" fill="${fill(one)}"/>` +
    text(across(one.x) + width / 2, down(one.y) + height / 2, said(one), 'class="map-mean" text-anchor="middle"');
  const names = axes.map((values, i) => values.map((value) => escaped(knobValue(knobs[i], value, t))));
  const below = names[0].map((name, x) =>
    text(across(x) + width / 2, HEIGHT - BOTTOM + 14, name, 'text-anchor="middle"'),
  );
  const beside = names[1].map((name, y) => text(LEFT - 8, down(y) + height / 2, name, 'text-anchor="end"'));
  const [first, second] = knobs.map((knob) => escaped(knobName(knob)));
  const called = [
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, `${first} →`, 'text-anchor="middle"'),
    text(4, TOP / 2, `↑ ${second}`, ""),
  ];
  return [...called, ...below, ...beside, ...cells.map(cell)].join("");
}

/** The same for who does not see it. */
export function mapText({better}, knobs, picture, t) {
  const {cells} = cellsOf(picture, better);
  const ended = cells.filter((one) => said(one));
  return ended.map((one) => `${settingText(knobs, one.setting, t)}: ${said(one)}`).join("; ");
}

export class HeatMap extends Picture {
  /** @param {(key: string) => string} t */
  constructor(t) {
    super("wall-dots wall-map", HEIGHT);
    this.t = t;
  }

  /** As `mapOf`, once runs are made of the map; under it stands a `caption`. */
  draw(experiment, knobs, picture, theme, caption) {
    this.figure.hidden = !picture.bands;
    if (this.figure.hidden) return;
    const {t} = this;
    this.show(
      mapOf(experiment, knobs, picture, theme, t),
      caption,
      () => `${caption} ${mapText(experiment, knobs, picture, t)}`,
    );
  }
}

// What stands in a cell: its mean, and a mark where seeds have diverged, or were lost.
function said({mean, diverged, missing}) {
  return [mean === null ? "" : measured(mean), diverged ? "†" : "", missing ? "×" : ""].filter(Boolean).join(" ");
}

function classOf(one) {
  return one.worth === 1 ? "map-cell map-best" : said(one) ? "map-cell" : "map-cell map-empty";
}

function text(x, y, words, more) {
  return words && `<text x="${fixed(x)}" y="${fixed(y)}" dominant-baseline="middle" ${more}>${words}</text>`;
}

function escaped(words) {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
