// Colors and type, read from the page's own theme.

const OKABE_ITO = [
  {light: "#0072b2", dark: "#4aa8e0"}, // blue
  {light: "#c17f00", dark: "#f0b429"}, // orange, deepened on light grounds to stand out 3 : 1
  {light: "#00896a", dark: "#2cc79b"}, // green
  {light: "#d55e00", dark: "#ff8a3d"}, // vermilion
  {light: "#b8628f", dark: "#dd94bd"}, // purple
  {light: "#2f8fc6", dark: "#7cc7f2"}, // sky
];

/** Dash and marker of each arm, the second cue beside its color. */
export const DASHES = ["dash", "solid", "dot", "dashdot", "longdash", "longdashdot", "solid", "dot"];

export const SYMBOLS = ["circle-open", "circle", "square", "diamond", "triangle-up", "cross", "star", "hexagon"];

/** The theme in force at `root`: colors as `rgb` numbers where arithmetic needs them, else as CSS text. */
export function readTheme(root) {
  const style = getComputedStyle(root);
  const text = rgb(style.getPropertyValue("--lab-text-color")) ?? [31, 35, 40];
  const ground = rgb(style.getPropertyValue("--lab-ground")) ?? [255, 255, 255];
  const dark = luminance(ground) < luminance(text);
  const tone = dark ? "dark" : "light";
  const fallback = OKABE_ITO[0][tone];
  const accent = rgb(style.getPropertyValue("--st-primary-color")) ?? rgb(fallback);
  const others = OKABE_ITO.map((color) => color[tone]).filter((color) => distance(rgb(color), accent) > 110);
  const red = accent[0] > 180 && accent[1] < 110;
  const ordered = red ? others.filter((color) => color !== OKABE_ITO[2][tone]) : others;
  return {
    dark,
    text: css(text),
    ground: css(ground),
    muted: css(mix(text, ground, 0.72)),
    grid: css(mix(text, ground, 0.1)),
    axis: css(mix(text, ground, 0.3)),
    soft: css(mix(text, ground, 0.16)),
    accent: css(accent),
    onAccent: 1.05 / (luminance(accent) + 0.05) >= 4.5 ? "#fff" : "#000", // white on it: below 4.5, black is above
    arms: [dark ? "#a3a6ab" : "#6f7378", css(accent), ...ordered],
    groups: OKABE_ITO.map((color) => color[tone]),
    family: style.fontFamily,
  };
}

/** Calls `changed` whenever the page's theme does: the sentinel's color has a transition, whose start is an event. */
export function watchTheme(sentinel, changed) {
  sentinel.addEventListener("transitionrun", changed);
  return () => sentinel.removeEventListener("transitionrun", changed);
}

/** Red, green and blue of a color. */
export function channels(color) {
  return rgb(color);
}

/** A color let through in part. */
export function faint(color, alpha) {
  const [red, green, blue] = rgb(color);
  return `rgba(${red},${green},${blue},${alpha})`;
}

/** `share` of a color on a ground. */
export function blend(color, ground, share) {
  return css(mix(rgb(color), rgb(ground), share));
}

let painter = null;

/** @param {string} text @returns {?[number, number, number]} */
function rgb(text) {
  const color = text?.trim();
  return color ? (plainly(color) ?? painted(color)) : null;
}

/** What `#rrggbb` and `rgb(red, green, blue)` say of themselves. @returns {?[number, number, number]} */
function plainly(color) {
  const hex = /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i
    .exec(color)
    ?.slice(1)
    .map((part) => Number(`0x${part}`));
  const parts = hex ?? /^rgb\((\d+), ?(\d+), ?(\d+)\)$/.exec(color)?.slice(1).map(Number);
  return parts ? [parts[0], parts[1], parts[2]] : null;
}

/** What a canvas makes of any other color that CSS knows. @returns {[number, number, number]} */
function painted(color) {
  painter ??= document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  painter.clearRect(0, 0, 1, 1);
  painter.fillStyle = "#000";
  painter.fillStyle = color;
  painter.fillRect(0, 0, 1, 1);
  const [red, green, blue] = painter.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}

function css([red, green, blue]) {
  return `rgb(${Math.round(red)},${Math.round(green)},${Math.round(blue)})`;
}

function mix(front, back, share) {
  return front.map((value, i) => value * share + back[i] * (1 - share));
}

function distance(one, other) {
  return Math.hypot(...one.map((value, i) => value - other[i]));
}

function luminance(color) {
  const [red, green, blue] = color.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
