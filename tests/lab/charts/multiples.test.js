import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {Multiples, multiplesOf, pathOf, tileText} from "../../../assets/lab/charts/multiples.js";
import {outline, pens, sized} from "../dom.js";
import {labOf, near, plain, runOf} from "../lab.js";

const tests = (step, test_loss) => ({tests: {step, test_loss}});
const RUN = runOf([tests([2, 4], [4, 2]), tests([2, 4], [3, 1]), {}], {step: 4});
const manyOf = (store = RUN, more = {}) => labOf(store, {choose() {}, ...more});
beforeEach(() => {
  pens.length = 0;
});

test("all pictures share a range, which is told with its steps", () => {
  assert.deepEqual(plain(multiplesOf(manyOf())), {
    curves: [
      {steps: [2, 4], values: [4, 2]},
      {steps: [2, 4], values: [3, 1]},
      {steps: [], values: []},
    ],
    range: [1, 4],
    scale: "lab.many.scale 1 4 10",
  });
  const empty = multiplesOf(manyOf(labOf().store, {labels: () => ["base", "one"]}));
  assert.deepEqual([empty.range, empty.scale, empty.curves.length], [[0, 1], "", 2]);
  assert.deepEqual(multiplesOf(manyOf(runOf([tests([2], [3])]))).range, [3, 4]);
  const wild = runOf([tests([1, 2], [1, 1]), tests([1, 2, 3], [1, 1, 900])], {failures: [{arm: 1}], steps: 0});
  const told = multiplesOf(manyOf(wild));
  assert.deepEqual([told.range, told.scale], [[1, 1.5], "lab.many.scale 1 1.5 10"]); // no steps yet: those planned
  const steps = Array.from({length: 500}, (_, i) => i);
  const {curves} = multiplesOf(manyOf(runOf([tests(steps, steps)], {steps: 500})));
  assert.ok(curves[0].steps.length <= 2 * 61 && curves[0].steps.length > 100);
});

test("a curve runs from rim to rim, clipped to the range, and leaves out what is not finite", () => {
  const size = {width: 102, height: 54, end: 10, range: [0, 5]};
  const path = pathOf({steps: [0, 5, 10, 10, 10], values: [0, 5, 2.5, 99, NaN]}, size);
  near(path, [
    [1, 52],
    [51, 2],
    [101, 27],
    [101, 2],
  ]);
  near(pathOf({steps: [1], values: [0]}, {...size, end: 0}), [[101, 52]]);
});

test("a picture says where its arm stands", () => {
  assert.deepEqual(tileText(manyOf(), "one", 1), {value: "1.00", aloud: "one: 1.00, lab.many.difference −1.0"});
  assert.deepEqual(tileText(manyOf(), "two", 2), {value: "", aloud: "two: –, lab.many.difference "});
});

test("mounted, each arm but the baseline is a button with its curve over the baseline's", () => {
  const chosen = [];
  const shown = () => [
    {index: 0, look: 0},
    {index: 1, look: 2},
  ];
  const many = manyOf(RUN, {choose: (arm) => chosen.push(arm), arms: shown});
  const multiples = new Multiples(many);
  assert.equal(multiples.due, false);
  sized(multiples.tiles, 400, 100);
  assert.equal(multiples.due, true);
  multiples.paint();
  assert.equal(multiples.due, false);
  const text = outline(multiples.element).split("\n");
  assert.deepEqual(text.slice(0, 5), [
    "section class=many-multiples aria-label=lab.many.multiples",
    "  div class=many-caption",
    "    span class=lab-chart-title: lab.many.multiples.title <test_loss>",
    "    span class=many-scale: lab.many.scale 1 4 10",
    "  div class=many-tiles",
  ]);
  const [one, two] = multiples.tiles.children;
  assert.deepEqual([one.hasAttribute("data-shown"), two.hasAttribute("data-shown")], [true, false]);
  assert.equal(one.getAttribute("aria-label"), tileText(many, "one", 1).aloud);
  assert.equal(outline(one.firstChild), "span class=many-tile-head\n  span: one\n  output: 1.00");
  assert.deepEqual([one.title, one.type, one.className], ["one", "button", "many-tile"]);
  two.click();
  assert.deepEqual(chosen, [2]);
  for (const canvas of multiples.tiles.querySelectorAll("canvas")) sized(canvas, 102, 54);
  pens.length = 0;
  multiples.stale = true;
  multiples.paint();
  const canvas = one.querySelector("canvas");
  assert.deepEqual([canvas.width, canvas.height], [204, 108]);
  const line = (color, wide, dash, points) => [
    ["strokeStyle =", color],
    ["lineWidth =", wide],
    ["setLineDash", dash],
    ["beginPath"],
    ...points.map((point) => ["lineTo", ...point]),
    ["stroke"],
  ];
  const size = {width: 102, height: 54, end: 10, range: [1, 4]};
  const [base, own] = multiplesOf(many).curves.map((curve) => pathOf(curve, size));
  const ground = [
    ["setTransform", 2, 0, 0, 2, 0, 0],
    ["clearRect", 0, 0, 102, 54],
    ["strokeStyle =", "#bbbbbb"],
    ["lineWidth =", 1],
    ["setLineDash", []],
    ["strokeRect", 0.5, 0.5, 101, 53],
  ];
  assert.deepEqual(pens, [
    ...[...ground, ...line("#808080", 1.4, [5, 4], base), ...line("#ff0000", 2, [], own)],
    ...[...ground, ...line("#808080", 1.4, [5, 4], base), ...line("#0000ff", 2, [], [])],
  ]);
  const before = multiples.tiles.firstChild;
  multiples.stale = true;
  multiples.paint();
  assert.equal(multiples.tiles.firstChild, before);
  many.labels = () => ["base", "other"];
  multiples.stale = true;
  multiples.paint();
  assert.deepEqual([multiples.tiles.children.length, multiples.tiles.firstChild.title], [1, "other"]);
  pens.length = 0;
  multiples.paint();
  assert.equal(pens.length, 0);
});
