import assert from "node:assert/strict";
import {test} from "node:test";
import {h} from "../../../assets/lab/page/dom.js";
import {channels, readTheme} from "../../../assets/lab/page/theme.js";
import {cellsOf, HeatMap, mapOf, mapText} from "../../../assets/lab/room/heat_map.js";
import {t} from "../room.js";
import {visit} from "../server.js";
import {experimentOf, LEVEL, RATE} from "./experiments.js";
import "../dom.js";

const KNOBS = [LEVEL, RATE];
const VALUES = [0, 1].flatMap((level) => RATE.values.map((rate) => [level, rate]));
const band = (place, mean, more = {}) => ({
  arm: 0,
  place,
  mean,
  low: null,
  high: null,
  diverged: 0,
  missing: 0,
  ...more,
});
const PICTURE = {
  values: VALUES,
  bands: [band(1, 0.5), band(2, 0.25), band(5, 1, {diverged: 1}), band(3, null, {diverged: 2})],
};

function drawn(picture, more = {}, theme = readTheme(document.body)) {
  const root = h("div", {});
  root.innerHTML = `<svg>${mapOf(experimentOf(more), KNOBS, picture, theme, t)}</svg>`;
  const cells = [...root.querySelectorAll(".map-cell")].map((rect) => ({
    rect,
    at: ["x", "y"].map((name) => Number(rect.getAttribute(name))),
    fill: rect.getAttribute("fill"),
    said: rect.nextSibling?.classList?.contains("map-mean") ? rect.nextSibling.textContent : "",
  }));
  return {root, cells};
}

test("each setting has its cell: the first knob across, the second upwards", () => {
  visit();
  const {cells, root} = drawn(PICTURE);
  assert.equal(cells.length, 6);
  const [low, middle, high, right] = cells;
  assert.ok(low.at[0] === middle.at[0] && low.at[1] > middle.at[1] && middle.at[1] > high.at[1]);
  assert.ok(right.at[0] > low.at[0] && right.at[1] === low.at[1]);
  const texts = [...root.querySelectorAll("text:not(.map-mean)")].map((one) => one.textContent);
  assert.deepEqual(texts, ["level b →", "↑ rate r", "0", "1", "0.01", "0.1", "1"]);
});

test("a cell fills with the mean of its runs, the best is framed, and what diverged is marked", () => {
  const {cells} = drawn(PICTURE);
  assert.deepEqual(
    cells.map(({said}) => said),
    ["", "0.500", "0.250", "†", "", "1.00 †"],
  );
  assert.deepEqual(
    cells.map(({rect}) => rect.getAttribute("class").replace("map-cell", "").trim()),
    ["map-empty", "", "map-best", "", "map-empty", ""],
  );
  assert.deepEqual(
    cells.map(({fill}) => fill === "none"),
    [true, false, false, true, true, false],
  );
});

test("of equal bests each is framed, and what is left where a seed has diverged is none", () => {
  const bands = [band(0, 0.5), band(1, 0.5), band(2, 1), band(4, 0.25, {diverged: 1})];
  const framed = drawn({values: VALUES, bands}).cells.map(({rect}) => rect.classList.contains("map-best"));
  assert.deepEqual(framed, [true, true, false, false, false, false]);
  const cells = drawn({values: VALUES, bands: bands.slice(3)}).cells;
  assert.ok(cells.every(({rect, fill}) => !rect.classList.contains("map-best") && !fill.includes("NaN")));
});

test("a cell whose seeds were lost is marked, not waited for", () => {
  const bands = [band(0, null, {missing: 2}), band(1, 0.5, {missing: 1})];
  const {cells} = drawn({values: VALUES, bands});
  assert.deepEqual(
    cells.map(({said}) => said),
    ["×", "0.500 ×", "", "", "", ""],
  );
  assert.deepEqual(
    cells.map(({rect}) => rect.classList.contains("map-empty")),
    [false, false, true, true, true, true],
  );
});

test("the better a mean the more it is worth, whichever way is better, and by factors where they differ much", () => {
  const of = (means, better) => {
    const bands = means.map((mean, i) => band(i, mean));
    return cellsOf({values: VALUES, bands}, better).cells.map((cell) => cell.worth);
  };
  assert.deepEqual(of([0, 1, 4], "lower"), [1, 0.75, 0, 0, 0, 0]);
  assert.deepEqual(of([0, 1, 4], "higher"), [0, 0.25, 1, 0, 0, 0]);
  assert.deepEqual(of([0.01, 1, 100], "lower").slice(0, 3), [1, 0.5, 0]);
  assert.deepEqual(of([2, 2], "lower").slice(0, 2), [1, 1]);
  assert.deepEqual(of([2, 1, 1], "lower").slice(0, 3), [0, 1, 1]);
  assert.deepEqual(of([], "lower"), [0, 0, 0, 0, 0, 0]);
});

test("what stands in a cell can be read in light and dark, on the best as on the worst", () => {
  const light = (color) => {
    const [red, green, blue] = channels(color).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  for (const theme of [
    {accent: "#0072b2", ground: "#ffffff", text: "#1f2328"},
    {accent: "#4aa8e0", ground: "#14171a", text: "#e6e8eb"},
  ]) {
    const fills = drawn(PICTURE, {}, theme).cells.map(({fill}) => fill);
    const fromAccent = (fill) => {
      const [one, other] = [fill, theme.accent].map(channels);
      return Math.hypot(...one.map((value, i) => value - other[i]));
    };
    assert.ok(fromAccent(fills[2]) < fromAccent(fills[1])); // the best against the worst
    for (const fill of fills.filter((one) => one !== "none")) {
      const [dim, bright] = [light(fill), light(theme.text)].toSorted((one, other) => one - other);
      assert.ok((bright + 0.05) / (dim + 0.05) >= 4.5, `${fill} ${theme.text}`);
    }
  }
});

test("it is said to who does not see it, and drawn again only where it is another", () => {
  const map = new HeatMap(t);
  const theme = readTheme(document.body);
  map.draw(experimentOf(), KNOBS, {}, theme, "");
  assert.ok(map.figure.hidden);
  map.draw(experimentOf(), KNOBS, PICTURE, theme, "What it shows.");
  const told = "level b = 0, rate r = 0.1: 0.500; level b = 0, rate r = 1: 0.250; ";
  assert.equal(
    mapText(experimentOf(), KNOBS, PICTURE, t),
    `${told}level b = 1, rate r = 0.01: †; level b = 1, rate r = 1: 1.00 †`,
  );
  assert.ok(map.svg.getAttribute("aria-label").startsWith(`What it shows. ${told}`));
  const cell = map.svg.querySelector(".map-cell");
  map.draw(experimentOf({done: 3}), KNOBS, PICTURE, theme, "What it shows.");
  assert.equal(map.svg.querySelector(".map-cell"), cell);
});

test("a choice is called as it is, and stays text", () => {
  const kind = {...LEVEL, name: "kind", label: "a < b", symbol: "", choices: ["<i>", "b"]};
  const root = h("div", {});
  const picture = {
    values: [
      ["<i>", 0.01],
      ["b", 0.01],
    ],
    bands: [],
  };
  root.innerHTML = `<svg>${mapOf(experimentOf(), [kind, RATE], picture, readTheme(document.body), t)}</svg>`;
  assert.match(root.textContent, /a < b →.*<i>b/);
});
