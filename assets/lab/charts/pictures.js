// What a saved picture carries beside the chart: what it shows, of which run, and the key of its arms.

import {safe} from "./figure.js";

const LINE = 1.6; // of the font's size
const LONG = 0.52; // the width of a letter, of the font's size
const FAMILY = "Arial, Helvetica, sans-serif"; // a picture cannot carry the page's own font with it
const DASHED = {solid: "━━", dash: "╍╍", dot: "┅┅", dashdot: "┉┅", longdash: "╍━", longdashdot: "┉━"};

/**
 * The lines of a picture's caption.
 *
 * @param {object} lab whose run the chart shows
 * @param {string} title the chart's
 * @param {string[]} dashes how the line of each arm is drawn, by its index
 * @returns {{title: string, lines: string[], key: {text: string, color: string, sample: string}[], foot: string}}
 */
export function captionOf(lab, title, dashes) {
  const {t, config, store, theme} = lab;
  const {head} = store;
  const turns = (store.events ?? []).map(({name, value, step}) =>
    t("lab.picture.turn", {knobs: lab.knobsText({[name]: value}), step}),
  );
  const lines = [
    (head.about ?? "").replace(/:$/, ""),
    turns.length ? t("lab.picture.turned", {turns: turns.join("; ")}) : "",
  ];
  const key = lab.arms().map(({index, look = index, label, dash = dashes[look]}) => ({
    text: label,
    color: theme.arms[look],
    sample: DASHED[dash] ?? DASHED.solid,
  }));
  const foot = t("lab.picture.made", {app: config.app, run: store.run ?? ""});
  return {title: config.title ? `${config.title}: ${title}` : title, lines: lines.filter(Boolean), key, foot};
}

/** The lines of `text`, each at most `width` pixels wide in a font of `font` pixels. */
export function broken(text, width, font) {
  const most = Math.max(12, Math.floor(width / (LONG * font)));
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last && last.length + 1 + word.length > most) lines.push(word);
    else lines[lines.length - 1] = last ? `${last} ${word}` : word;
  }
  return lines;
}

/**
 * A caption's lines above and below, broken to `width`, and the room they take.
 *
 * @returns {{above: {text: string, strong: boolean}[], key: object[][], foot: string, line: number, top: number,
 *   bottom: number}}
 */
export function arranged({title, lines, key, foot}, width, font) {
  const above = [
    ...broken(title, width / 1.2, font).map((text) => ({text, strong: true})),
    ...lines.flatMap((line) => broken(line, width, font)).map((text) => ({text, strong: false})),
  ];
  const rows = [[]];
  let used = 0;
  for (const entry of key) {
    const takes = (entry.text.length + 5) * LONG * font;
    if (used && used + takes > width) {
      rows.push([]);
      used = 0;
    }
    rows.at(-1).push(entry);
    used += takes;
  }
  const line = LINE * font;
  return {above, key: rows, foot, line, top: (above.length + 0.5) * line, bottom: (rows.length + 1.5) * line};
}

/**
 * A plot's layout with the caption around it: the drawing keeps its size, the picture grows.
 *
 * @returns {{layout: object, height: number}}
 */
export function withCaption(layout, caption, {width, height, font, color, muted}) {
  const {above, key, foot, line, top, bottom} = arranged(caption, width - 24, font);
  const margin = {...layout.margin, t: layout.margin.t + top, b: layout.margin.b + bottom};
  const place = {xref: "paper", yref: "paper", showarrow: false, xanchor: "left", x: 0, xshift: 12 - margin.l};
  const head = above.map(({text, strong}, i) => ({
    ...place,
    y: 1,
    yanchor: "top",
    yshift: margin.t - 6 - i * line,
    text: strong ? `<b>${safe(text)}</b>` : safe(text),
    font: {size: strong ? Math.round(1.15 * font) : font, color},
  }));
  const last = [...key.map((row) => row.map(keyText).join("    ")), safe(foot)];
  const tail = last.map((text, i) => ({
    ...place,
    y: 0,
    yanchor: "bottom",
    yshift: 4 - margin.b + (last.length - 1 - i) * line,
    text,
    font: {size: font, color: i < key.length ? color : muted},
  }));
  const annotations = [...(layout.annotations ?? []), ...head, ...tail];
  const whole = height + top + bottom;
  const face = {...layout.font, family: FAMILY};
  return {layout: {...layout, font: face, margin, annotations, width, height: whole}, height: whole};
}

function keyText({text, color, sample}) {
  return `<span style="color:${color}">${sample}</span> ${safe(text)}`;
}

/** Paints a caption onto a canvas with room for it above and below; returns how much of each it takes. */
export function paintCaption(pen, caption, {width, height, font, family, color, muted}) {
  const {above, key, foot, line, top, bottom} = arranged(caption, width, font);
  if (!pen) return {top, bottom};
  above.forEach(({text, strong}, i) => {
    pen.fillStyle = color;
    pen.font = `${strong ? "600 " : ""}${strong ? Math.round(1.15 * font) : font}px ${family}`;
    pen.fillText(text, 0, (i + 0.8) * line);
  });
  pen.font = `${font}px ${family}`;
  key.forEach((row, i) => {
    let x = 0;
    for (const entry of row) {
      pen.fillStyle = entry.color;
      pen.fillText(entry.sample, x, height - bottom + (i + 1) * line);
      x += pen.measureText(`${entry.sample} `).width;
      pen.fillStyle = color;
      pen.fillText(entry.text, x, height - bottom + (i + 1) * line);
      x += pen.measureText(`${entry.text}    `).width;
    }
  });
  pen.fillStyle = muted;
  pen.fillText(foot, 0, height - 0.4 * line);
  return {top, bottom};
}
