import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {Store} from "../../../assets/lab/data/store.js";
import {evenTicks, SmallChart} from "../../../assets/lab/room/small_chart.js";
import {visit} from "../server.js";

const LOOK = {colors: ["gray", "blue"], names: ["without", "with"], width: 356, height: 130};
const LOSS = {title: "loss", traces: ["loss"], log: false};
// The plot is 300 wide from 44, and 100 high from 8.

beforeEach(() => visit());

/** A store of 100 steps with these rows in each arm, every one of a step of its own from 0 or from `steps`. */
function storeOf(rows, {group = "row", name = "loss", ...more} = {}) {
  const header = {run: "r1", steps: 100, spec: {arms: rows.map(() => ({}))}, ...more};
  const arrays = rows.flatMap(({steps, values}, arm) => [
    {group, arm, name: "step", values: steps},
    {group, arm, name, values},
  ]);
  return Store.fromSnapshot(header, arrays, null);
}

function drawn(store, declared = LOSS) {
  const chart = new SmallChart(document.body, declared);
  chart.draw(store, LOOK);
  return chart.svg;
}

const paths = (svg) => [...svg.querySelectorAll("path")].map((path) => path.getAttribute("d"));
const texts = (svg) => [...svg.querySelectorAll("text")].map(({textContent}) => textContent);
const places = (path) =>
  path
    .split(/[ML]/)
    .slice(1)
    .map((pair) => pair.split(" ").map(Number)); // prettier-ignore

test("each arm has a curve in its color, the first dashed, over all steps that are planned", () => {
  const svg = drawn(
    storeOf([
      {steps: [0, 50], values: [1, 0]},
      {steps: [0, 100], values: [1, 1]},
    ]),
  );
  const looks = [...svg.querySelectorAll("path")].map((path) => [
    path.getAttribute("stroke"),
    path.getAttribute("stroke-dasharray"),
  ]);
  assert.deepEqual(looks, [
    ["gray", "6 4"],
    ["blue", null],
  ]);
  const [first, second] = paths(svg).map(places);
  assert.deepEqual([first[0][0], first[1][0], second[1][0]], [44, 194, 344]);
  assert.deepEqual(texts(svg).slice(-2), ["0", "100"]);
});

test("higher values stand higher, all of them within the chart", () => {
  const [path] = paths(
    drawn(storeOf([{steps: [0, 50, 100], values: [0, 1, 0.5]}], {name: "test_x", group: "test"}), {
      ...LOSS,
      traces: ["test_x"],
    }),
  );
  const [low, high, middle] = places(path).map(([, y]) => y);
  assert.ok(8 < high && high < middle && middle < low && low < 108, path);
  assert.ok(Math.abs(middle - (low + high) / 2) < 0.11);
});

test("on a logarithmic axis equal factors are equal heights", () => {
  const declared = {title: "x", traces: ["test_x"], log: true};
  const store = storeOf([{steps: [0, 50, 100], values: [0.01, 0.1, 1]}], {name: "test_x", group: "test"});
  const svg = drawn(store, declared);
  const [low, middle, high] = places(paths(svg)[0]).map(([, y]) => y);
  assert.ok(Math.abs(low - middle - (middle - high)) < 0.11);
  assert.ok(texts(svg).includes("0.01") && texts(svg).includes("1"), String(texts(svg)));
});

test("what is no number interrupts a curve, and what is none on a logarithmic axis too", () => {
  const values = [1, NaN, 2, 3, Infinity, 2];
  const store = storeOf([{steps: [0, 1, 2, 3, 4, 5], values}], {name: "test_x", group: "test"});
  const [path] = paths(drawn(store, {...LOSS, traces: ["test_x"]}));
  assert.equal(path.replaceAll(/[^ML]/g, ""), "MMLM");
  assert.doesNotMatch(path, /NaN|Infinity/);
  const zeros = storeOf([{steps: [0, 1, 2], values: [1, 0, 2]}], {name: "test_x", group: "test"});
  const [other] = paths(drawn(zeros, {...LOSS, traces: ["test_x"], log: true}));
  assert.equal(other.replaceAll(/[^ML]/g, ""), "MM");
});

test("a run that has no values yet has axes and nothing else", () => {
  for (const log of [false, true]) {
    const svg = drawn(
      storeOf([
        {steps: [], values: []},
        {steps: [], values: []},
      ]),
      {...LOSS, log},
    ); // prettier-ignore
    assert.deepEqual([paths(svg), svg.querySelectorAll("circle").length], [["", ""], 0]);
    assert.doesNotMatch(svg.outerHTML, /NaN|undefined/);
  }
});

test("curves that stay at one value are drawn in the middle, not outside", () => {
  const [path] = paths(drawn(storeOf([{steps: [0, 100], values: [3, 3]}])));
  for (const [, y] of places(path)) assert.ok(y >= 8 && y <= 108, path);
});

test("of one value there are ticks, too, and no two are called alike", () => {
  for (const value of [0, 0.5, 0.5 + 1e-9, 250]) {
    const called = texts(drawn(storeOf([{steps: [0, 100], values: [0.5, 0.5].map(() => value)}]))).slice(0, -2);
    assert.ok(called.length > 1 && new Set(called).size === called.length, called.join());
  }
});

test("where a curve stands now is a dot beside its end, and dots do not cover each other", () => {
  const rows = [0.5, 0.5].map((value) => ({steps: [0, 50], values: [1, value]}));
  const dots = [...drawn(storeOf(rows)).querySelectorAll("circle")];
  assert.deepEqual(
    dots.map((dot) => [dot.getAttribute("fill"), Number(dot.getAttribute("cx"))]),
    [
      ["gray", 200],
      ["blue", 200],
    ],
  );
  const [one, other] = dots.map((dot) => Number(dot.getAttribute("cy")));
  assert.ok(Math.abs(one - other) >= 8);
});

test("training behind a test curve is pale, and the dot is the test's", () => {
  const store = storeOf([{steps: [0, 100], values: [1, 0.2]}]);
  store.arms[0].tests.extend("step", [0, 100]);
  store.arms[0].tests.extend("test_loss", [1, 0.9]);
  const svg = drawn(store, {...LOSS, traces: ["loss", "test_loss"]});
  const opacities = [...svg.querySelectorAll("path")].map((path) => path.getAttribute("opacity"));
  assert.deepEqual([opacities, svg.querySelectorAll("circle").length], [["0.45", null], 1]);
});

test("a turned knob is a mark at its step", () => {
  const store = storeOf([{steps: [0, 100], values: [1, 0]}], {events: [{step: 25, name: "b", value: 1, arm: 0}]});
  const marks = [...drawn(store).querySelectorAll(".room-mark")].map((mark) => mark.getAttribute("x1"));
  assert.deepEqual(marks, ["119"]);
});

test("a run of many steps is drawn with few points, its ends among them", () => {
  const steps = Array.from({length: 20_000}, (_, i) => i + 1);
  const values = steps.map((step) => Math.sin(step) + 2);
  const [path] = paths(drawn(storeOf([{steps, values}], {steps: 20_000})));
  const drawnAt = places(path);
  assert.ok(drawnAt.length < 1000 && drawnAt.length > 100, String(drawnAt.length));
  assert.equal(drawnAt.at(-1)[0], 344);
});

test("somebody who listens is told the name, and where each arm stands", () => {
  const svg = drawn(
    storeOf([
      {steps: [100], values: [0.25]},
      {steps: [100], values: [0.125]},
    ]),
  );
  assert.equal(svg.getAttribute("aria-label"), "loss. without 0.25, with 0.125");
});

test("ticks are even steps of 1, 2 or 5 within the ends, and few", () => {
  for (const [low, high, ticks] of [
    [0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [0.1, 0.9, [0.2, 0.4, 0.6, 0.8]],
    [-3, 7, [-2, 0, 2, 4, 6]],
    [0, 23, [0, 5, 10, 15, 20]],
    [96, 101, [96, 97, 98, 99, 100, 101]],
  ])
    assert.deepEqual(
      evenTicks(low, high).map((tick) => Number(tick.toFixed(9))),
      ticks,
    );
});
