// What the figures of all charts are made of: axes, the room around them, names at the ends of curves. No DOM.
//
// A figure is what plotly.js takes and what a reader is told: `{data, layout, empty, description}`. It is made of the
// page's state and words (`lab`) and of what its chart alone knows: its size, and its zoom.

import {logTicks, spread} from "../data/series.js";
import {number} from "../data/text.js";

/** An axis in the lab's style; `parts` adds to it, `still` ones are not zoomed. */
export function axisOf({theme, font}, still, parts) {
  const {title, range} = parts;
  return {
    showgrid: true,
    gridcolor: theme.grid,
    gridwidth: 1,
    zeroline: false,
    linecolor: theme.axis,
    tickfont: {size: font, color: theme.muted},
    nticks: 6,
    separatethousands: true,
    fixedrange: Boolean(still),
    ...parts,
    ...(range ? {range: [...range]} : {}), // plotly.js writes a person's zoom into it
    title: title
      ? {
          text: title.replace(/(\p{L})_(\w+)/gu, "$1<sub>$2</sub>"),
          font: {size: font, color: theme.muted},
          standoff: 6,
        }
      : undefined,
  };
}

/** The numbers of a log axis over `range` (logarithms). */
export function logNumbers(range) {
  const tickvals = logTicks(range);
  return {tickvals, ticktext: tickvals.map((value) => number(value))};
}

/** The layout that all figures share. */
export function layoutOf({theme, font}, {width, height, dragmode}) {
  const text = {size: font, color: theme.text};
  return {
    width,
    height,
    paper_bgcolor: theme.ground,
    plot_bgcolor: theme.ground,
    font: {family: theme.family, ...text},
    showlegend: false,
    hoverlabel: {bgcolor: theme.ground, bordercolor: theme.soft, font: text, namelength: -1},
    dragmode,
  };
}

/** The ranges that a change of plotly's layout sets, by axis; null where it sets none. */
export function zoomIn(change) {
  const ranges = ["xaxis", "yaxis"].map((axis) => {
    return [axis, change[`${axis}.range`] ?? [change[`${axis}.range[0]`], change[`${axis}.range[1]`]]];
  });
  const told = ranges.filter(([, range]) => range.every((end) => Number.isFinite(end)));
  return told.length ? Object.fromEntries(told) : null;
}

/**
 * Names beside the ends of curves, in the order given, pushed apart.
 *
 * @param {{theme: object, font: number}} lab
 * @param {{x: number, y: number, text: string, color: string}[]} ends in units of the axes
 * @param {number[]} range of the y axis
 * @param {number} height of that axis, in pixels
 * @param {{gap: number, foot: number, shift: number, clip: boolean}} how lines of text from name to name, and from the
 *   last to the x axis; pixels from the curve; whether a name stays beside the axis where its curve has left it
 */
export function endNames({theme, font}, ends, range, height, how) {
  const [low, high] = range;
  const {gap, foot, shift, clip} = how;
  const shares = ends.map(({y}) => (y - low) / (high - low)).map((share) => (clip ? within(share, 0, 1) : share));
  const pixels = shares.map((share) => (1 - share) * height);
  const apart = spread(pixels, font * gap, font * 0.4, height - font * foot);
  return ends.map(({x, y, text, color}, i) => ({
    x,
    y: clip ? low + shares[i] * (high - low) : y,
    text: `<span style="color:${color}">━</span> ${safe(text)}`,
    showarrow: false,
    xanchor: "left",
    xshift: shift,
    yshift: pixels[i] - apart[i],
    font: {size: font, color: theme.text},
  }));
}

/** Text as plotly.js shows it, which reads what it is given as its own kind of HTML. */
export function safe(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
}

export function within(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/** The lowest and highest of `values`, 0 and 1 where there are none. */
export function extremes(values) {
  const finite = Array.from(values).filter((value) => Number.isFinite(value));
  return finite.length ? [Math.min(...finite), Math.max(...finite)] : [0, 1];
}

/** At most about `most` of `values`, evenly spaced, the last among them. */
export function lastOfEach(values, most) {
  const stride = Math.max(1, Math.ceil(values.length / most));
  return Array.from(values).filter((_, i) => (values.length - 1 - i) % stride === 0);
}
