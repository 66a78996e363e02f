import assert from "node:assert/strict";
import {test} from "node:test";
import {raceFigure} from "../../../assets/lab/charts/race_figure.js";
import {CalmRange} from "../../../assets/lab/data/series.js";
import {isSame, linesOf, nearest, RUN_DASHES, storesOf, Together} from "../../../assets/lab/library/together.js";
import {labOf, runOf} from "../lab.js";

/** A run whose arms measured these losses at steps 2, 4, …. */
function measured(base, own, more = {}) {
  const tests = (values) => ({
    tests: {step: values.map((_, i) => 2 * (i + 1)), test_loss: values},
    rows: {step: [1, 4], elapsed_s: [1, 4], train_loss: values.slice(0, 2)},
  });
  return runOf([tests(base), tests(own)], {run: "r", arm: 1, ...more});
}

test("each run of a frame is as on a page of its own", () => {
  const spec = {settings: {}, arms: [{knobs: {}}, {knobs: {}}]};
  const told = (id) => ({id, spec, arm: 1, step: 4, steps: 10, steps_per_epoch: 2, failures: [{arm: 1, step: 4}]});
  const array = (run, arm, values) => ({run, group: "test", arm, name: "test_loss", values});
  const stores = storesOf({runs: [told("a"), told("b")]}, [array(0, 1, [3]), array(1, 0, [5]), array(1, 1, [7])]);
  assert.deepEqual(
    stores.map(({run, arms}) => [run, ...arms.map(({tests}) => [...tests.view("test_loss")].join())]),
    [
      ["a", "", "3"],
      ["b", "5", "7"],
    ],
  );
  assert.equal(stores[1].failure(1).step, 4);
});

test("arms are the same that measured the same wherever both did", () => {
  const table = (step, loss) => runOf([{tests: {step, loss}}]).arms[0].tests;
  assert.ok(isSame(table([1, 2], [5, NaN]), table([1, 2, 3], [5, NaN, 4]), "loss"));
  assert.ok(!isSame(table([1, 2], [5, 6]), table([1, 2], [5, 7]), "loss"));
  assert.ok(!isSame(table([1], [5]), table([2], [5]), "loss"), "nothing in common");
  assert.ok(isSame(table([1, 2], [5, 6]), table([2, 3], [6, 7]), "loss"));
});

test("each baseline is drawn once, the longest; one that all share is nobody's", () => {
  const one = measured([9, 8], [7, 6], {run: "one"});
  const longer = measured([9, 8, 7], [5, 4, 3], {run: "longer"});
  const other = measured([9, 1], [2, 1], {run: "other"});
  const told = (stores) => linesOf(stores, "test_loss").map(({store, arm, run}) => [store.run, arm, run]);
  assert.deepEqual(told([one, longer]), [
    ["one", 1, 0],
    ["longer", 1, 1],
    ["longer", 0, -1],
  ]);
  assert.deepEqual(told([one, other]), [
    ["one", 1, 0],
    ["other", 1, 1],
    ["one", 0, 0],
    ["other", 0, 1],
  ]);
  assert.deepEqual(told([one, other, longer]).slice(3), [
    ["longer", 0, 0],
    ["other", 0, 1],
  ]);
  const empty = runOf([{}, {}], {run: "empty", arm: 1});
  assert.deepEqual(told([empty]), [["empty", 1, 0]]);
  assert.deepEqual(told([empty, one]).at(-1), ["one", 0, -1]);
});

test("together they are as long as the longest, each line on its own run's axis", () => {
  const one = measured([9, 8], [7, 6], {run: "one", steps: 10, steps_per_epoch: 2, failures: [{arm: 1, step: 4}]});
  const other = measured([9, 8], [5, 4], {run: "two", steps: 20, steps_per_epoch: 10, step: 9});
  const both = new Together([one, other], linesOf([one, other], "test_loss"));
  assert.deepEqual([both.run, both.step, both.steps], ["one+two", 9, 20]);
  assert.deepEqual([both.axisEnd("step"), both.axisEnd("epoch")], [20, 5]);
  assert.deepEqual([both.axis(0, "epoch")(4), both.axis(1, "epoch")(4)], [2, 0.4]);
  assert.deepEqual(
    [both.stepsBetween("epoch", 0, 1, 0), both.stepsBetween("epoch", 0, 1, 1)],
    [
      [0, 2],
      [0, 10],
    ],
  );
  assert.deepEqual(both.stepsBetween("step", 3, 5, 0), [3, 5]);
  assert.equal(both.arms[1], other.arms[1]);
  assert.deepEqual([both.failure(0)?.step, both.failure(1)], [4, null]);
  assert.deepEqual(
    [both.places("test_loss", "step"), both.places("test_loss", "epoch")],
    [
      [2, 4],
      [0.2, 0.4, 1, 2],
    ],
  );
  const none = new Together([], []);
  assert.deepEqual(none.places("test_loss", "step"), []);
  assert.deepEqual([none.step, none.steps, none.arms], [0, 1, []]);
});

test("of places the nearest is found", () => {
  assert.deepEqual(
    [2.9, 3.1, 99, -1, 4].map((place) => nearest([2, 4, 9], place)),
    [0, 1, 2, 0, 1],
  );
  assert.equal(nearest([], 7), -1);
});

test("no run's line is dashed as a baseline", () => {
  assert.deepEqual([RUN_DASHES.length, RUN_DASHES.includes("dash")], [8, false]);
});

test("in epochs each curve is thinned and marked by the steps of its own run", () => {
  const run = (run, count, steps_per_epoch) => {
    const step = Array.from({length: count}, (_, i) => i + 1);
    const own = {rows: {step, train_loss: step}, tests: {step: [count / 2, count], test_loss: [2, 1]}};
    return runOf([{}, own], {run, arm: 1, step: count, steps: count, steps_per_epoch});
  };
  const stores = [run("long", 20_000, 2000), run("short", 1000, 100)]; // of ten epochs each
  const together = new Together(stores, linesOf(stores, "train_loss"));
  const lab = labOf(together, {view: {x: "epoch", smooth: 1, ghost: false}, arms: () => [0, 1].map(line)});
  const line = (index) => ({index, label: `line ${index}`});
  const figure = (name) => {
    const chart = {traces: [name], log: false, zoom: null, width: 800, height: 300, range: new CalmRange()};
    return raceFigure(lab, chart, 0);
  };
  const [long, short] = figure("train_loss").data.map(({x}) => x.length);
  assert.ok(long >= 800 && short >= 700, `${long} and ${short} points`);
  assert.deepEqual(
    figure("test_loss").data.map(({mode}) => mode),
    ["lines+markers", "lines+markers"],
  );
});
