import assert from "node:assert/strict";
import {test} from "node:test";
import {DotChart, dotsOf} from "../../../assets/lab/room/dot_chart.js";
import {h} from "../../../assets/lab/page/dom.js";
import "../dom.js";
import {experimentOf} from "./experiments.js";

const LOOK = {colors: ["gray", "blue", "green"], said: String};
const SEEDS = {
  values: [0, 1, 2, 3],
  dots: [
    [0, 1, -0.2],
    [2, 1, 0.1],
    [3, 1, null],
  ],
  bands: [{arm: 1, mean: -0.05, low: -0.3, high: 0.2}],
};
const SETTINGS = {
  values: [0, 0.2, 1],
  dots: [
    [0, 0, 0.5],
    [1, 0, 0.2],
    [2, 0, 0.9],
  ],
  bands: [
    {arm: 0, place: 2, mean: 0.9, low: null, high: null},
    {arm: 0, place: 0, mean: 0.5, low: null, high: null},
    {arm: 0, place: 1, mean: 0.2, low: null, high: null},
  ],
};

function drawn(experiment, picture) {
  const root = h("div", {});
  root.innerHTML = `<svg>${dotsOf(experimentOf(experiment), picture, LOOK)}</svg>`;
  const numbers = (query, ...names) =>
    [...root.querySelectorAll(query)].map((one) => names.map((name) => Number(one.getAttribute(name))));
  return {root, numbers};
}

test("before a run has ended there is nothing", () => {
  for (const dots of [[], [[0, 1, null]]]) assert.equal(dotsOf(experimentOf(), {...SEEDS, dots}, LOOK), "");
});

test("each seed is a dot at its place, above and below no difference, with the mean and its interval across", () => {
  const {root, numbers} = drawn({}, SEEDS);
  const [[one, low], [other, high]] = numbers(".dot", "cx", "cy");
  const [[zero]] = numbers(".dot-zero", "y1");
  const [[top, height]] = numbers(".dot-band", "y", "height");
  const [[mean]] = numbers(".dot-mean", "y1");
  assert.ok(one < other && high < zero && zero < low);
  assert.ok(top < mean && mean < top + height && top < high && low < top + height);
  assert.equal(root.querySelectorAll(".dot").length, 2); // the third ended without a number
});

test("settings stand where their values are, with a line through the means from left to right", () => {
  const {root, numbers} = drawn({kind: "settings"}, SETTINGS);
  const [[a], [b], [c]] = numbers(".dot", "cx");
  assert.ok(Math.abs((b - a) / (c - a) - 0.2) < 0.01);
  const path = root.querySelector(".room-curve").getAttribute("d");
  const xs = [...path.matchAll(/[ML]([\d.]+)/g)].map(([, x]) => Number(x));
  assert.deepEqual(xs, [a, b, c]);
  assert.equal(root.querySelectorAll(".dot-band, .dot-zero").length, 0);
});

test("values by factors stand by factors, choices side by side", () => {
  const at = (values) =>
    drawn({kind: "settings"}, {...SETTINGS, values})
      .numbers(".dot", "cx")
      .flat();
  const even = ([a, b, c]) => Math.abs(b - a - (c - b)) < 0.2;
  assert.ok(even(at([0.01, 0.1, 1])) && even(at(["a", "b", "c"])) && !even(at([0, 0.1, 1])));
});

test("heights that differ by factors are by factors, and those of one value are drawn", () => {
  const heights = (...values) => {
    const dots = values.map((value, place) => [place, 0, value]);
    return drawn({kind: "settings"}, {...SETTINGS, dots, bands: []})
      .numbers(".dot", "cy")
      .flat();
  };
  const [a, b, c] = heights(0.01, 0.1, 1);
  assert.ok(Math.abs(a - b - (b - c)) < 0.2);
  assert.ok(heights(0.5, 0.5, 0.5).every(Number.isFinite));
});

test("many places are named as far as there is room", () => {
  const values = Array.from({length: 64}, (_, seed) => seed);
  const {root} = drawn({}, {...SEEDS, values});
  const names = [...root.querySelectorAll('text[text-anchor="middle"]')].map((one) => Number(one.textContent));
  assert.ok(names.length <= 12 && names[0] === 0 && names.every((name, i) => !i || name > names[i - 1]));
});

test("it is drawn again only where it is another", () => {
  const chart = new DotChart();
  chart.draw(experimentOf(), {}, LOOK, "");
  assert.ok(chart.figure.hidden);
  chart.draw(experimentOf(), SEEDS, LOOK, "What it shows.");
  const dot = chart.svg.querySelector(".dot");
  assert.deepEqual([chart.figure.hidden, chart.svg.getAttribute("aria-label")], [false, "What it shows."]);
  chart.draw(experimentOf({done: 3}), SEEDS, LOOK, "What it shows.");
  assert.equal(chart.svg.querySelector(".dot"), dot);
});
