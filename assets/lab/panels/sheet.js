// Where small pictures stand on a sheet, which tones they have and what is drawn on them. No DOM.

import {extremes} from "../charts/figure.js";
import {channels} from "../page/theme.js";
import {Inside} from "./inside.js";

const GAP = 1; // dots between two pictures
const LEAST_PICTURE = 360; // pixels: of a saved picture's width, for its caption

/** The pictures of each arm. */
export class Pictures extends Inside {
  shown() {
    const {lab, declared} = this;
    if (!lab.store.run && !declared.preview) return [];
    return (declared.preview ? this.selected() : this.arms())
      .map((arm) => ({arm, pictures: this.array(arm, declared.array)}))
      .filter(({pictures}) => pictures);
  }

  /** What is said where no pictures are. */
  empty(shown) {
    return shown.length ? "" : this.lab.t(this.lab.store.run ? "lab.empty.soon" : "lab.empty.panel");
  }

  /** The strokes of the boxes on an arm's pictures, in dots of the sheet: the first box is on top, in the arm's color. */
  strokes(arm, sheet) {
    const {ground, text, arms} = this.lab.theme;
    const names = [...(this.declared.boxes ?? []).entries()].reverse();
    return names.flatMap(([which, name]) => {
      const boxes = this.array(arm, name);
      const look = which
        ? {color: text, line: 0.6, dash: which === 1 ? [2, 1.5] : [0.6, 1.2]}
        : {color: arms[arm.index], line: 1, dash: []};
      return Array.from({length: boxes?.shape[0] ?? 0}, (_, i) => {
        const [x, y, w, tall] = boxes.values.subarray(4 * i, 4 * i + 4);
        const [left, top] = sheet.place(i);
        const {width, height} = sheet;
        const rect = [left + (x - w / 2) * width, top + (y - tall / 2) * height, w * width, tall * height];
        const rim = {color: ground, line: 2 * look.line}; // so as to be seen on any tone
        return w > 0 && tall > 0 ? [{...look, ...rim}, look].map((one) => ({...one, rect, clip: [left, top]})) : [];
      }).flat();
    });
  }
}

/** A sheet of pictures: `across` by `down` dots, and the `place` of each picture's corner. */
export function sheetOf([count, height, width], most) {
  const columns = Math.min(most, count);
  return {
    width,
    height,
    across: columns * (width + GAP) - GAP,
    down: Math.ceil(count / columns) * (height + GAP) - GAP,
    place: (i) => [(i % columns) * (width + GAP), Math.floor(i / columns) * (height + GAP)],
  };
}

/** Whether so many sheets are larger side by side than one above the other. */
export function isBeside(count, {across, down}, {width, height}) {
  return Math.min(width / count / across, height / down) > Math.min(width / across, height / count / down);
}

/**
 * A picture's bytes, four for each value: from the ground's color to the text's, over the `span` or the values' own; a
 * mask's lit places in the accent.
 */
export function toned(values, span, theme) {
  const mask = !span && values.every((value) => value === 0 || value === 1);
  const [low, high] = mask ? [0, 1] : (span ?? extremes(values));
  const [lit, back] = (mask ? [theme.accent, theme.soft] : [theme.text, theme.ground]).map(channels);
  const bytes = new Uint8ClampedArray(4 * values.length).fill(255);
  values.forEach((value, i) => {
    const share = (value - low) / (high - low || 1);
    for (let channel = 0; channel < 3; channel += 1)
      bytes[4 * i + channel] = back[channel] + share * (lit[channel] - back[channel]);
  });
  return bytes;
}

/**
 * Where sheets stand on a saved picture.
 *
 * @param {{width: number, height: number}[]} sizes of the sheets on the screen
 * @param {{beside: boolean, font: number}} how between two of them is a letter's height; above each is room for a name
 */
export function placed(sizes, {beside, font}) {
  const room = sizes.length > 1 ? 1.5 * font : 0;
  const [widths, heights] = [sizes.map(({width}) => width), sizes.map(({height}) => height + room)];
  const total = (lengths) => lengths.reduce((sum, length) => sum + length + font, -font);
  const before = (lengths, i) => lengths.slice(0, i).reduce((sum, length) => sum + length + font, 0);
  return {
    room,
    width: Math.max(LEAST_PICTURE, beside ? total(widths) : Math.max(...widths)),
    height: beside ? Math.max(...heights) : total(heights),
    corners: sizes.map((_, i) => (beside ? [before(widths, i), 0] : [0, before(heights, i)])),
  };
}
