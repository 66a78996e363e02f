import assert from "node:assert/strict";
import {test} from "node:test";
import {raceFigure} from "../../../assets/lab/charts/race_figure.js";
import {CalmRange} from "../../../assets/lab/data/series.js";
import {bestOf, endAlike, lastOf, valueAt, valueRows} from "../../../assets/lab/library/run_values.js";
import {labOf, runOf} from "../lab.js";

const CHART = {traces: ["train_loss"], log: false, zoom: null, width: 600, height: 300, range: new CalmRange()};

const runWith = (values, more = {}) =>
  runOf([{}, {tests: {step: values.map((_, i) => 2 * (i + 1)), test_loss: values}}], {arm: 1, ...more});
const ONE = runWith([3, 1, 2]);
const VIEW = {x: "step", smooth: 1};
const OTHER = runWith([4, NaN, 0.5, 3]);

test("a run's last and best measurement", () => {
  assert.deepEqual(
    [lastOf(ONE, "test_loss"), lastOf(OTHER, "test_loss"), lastOf(runWith([]), "test_loss")],
    [2, 3, NaN],
  );
  assert.deepEqual([bestOf(ONE, "test_loss", "lower"), bestOf(OTHER, "test_loss", "lower")], [1, 0.5]);
  assert.deepEqual([bestOf(OTHER, "test_loss", "higher"), bestOf(OTHER, "test_loss", "")], [4, NaN]);
  assert.equal(bestOf(runWith([NaN]), "test_loss", "lower"), NaN);
});

test("what it had last measured at a place of the axis, and nothing behind its end", () => {
  const at = (place, x = "step") => valueAt(ONE, "test_loss", {x, smooth: 9}, place);
  assert.deepEqual(
    [1, 2, 3, 5.9, 6, 6.1].map((place) => at(place)),
    [NaN, 3, 3, 1, 2, NaN],
  );
  assert.deepEqual([at(1, "epoch"), at(2.9, "epoch"), at(3, "epoch"), at(3.1, "epoch")], [3, 1, 2, NaN]);
  assert.equal(at(Infinity), NaN);
  assert.equal(valueAt(runWith([]), "test_loss", {x: "step", smooth: 1}, 1), NaN);
});

test("at the cursor is what the curve shows, which may be smoothed", () => {
  const rows = {step: [1, 2, 3], elapsed_s: [1, 2, 3], train_loss: [4, 1, 4]};
  const store = runOf([{}, {rows}], {arm: 1});
  const {data} = raceFigure(
    labOf(store, {view: {x: "step", smooth: 3}, arms: () => [{index: 1, label: ""}]}),
    CHART,
    0,
  );
  const shown = data.at(-1).y[1];
  assert.ok(shown > 1.5);
  assert.equal(valueAt(store, "train_loss", {x: "step", smooth: 3}, 2), shown);
  assert.equal(valueAt(store, "train_loss", VIEW, 2), 1);
});

test("rows have each value with its difference to the reference, and mark the best", () => {
  const [one, other] = [runWith([3, 1, 2]), runWith([4, 0.5, 3])];
  const shown = {labels: ["one", "other"], name: "test_loss", better: "lower", reference: 1, view: VIEW, cursor: 2};
  const rows = valueRows([one, other], shown);
  assert.deepEqual(
    rows.map(({label, cells}) => [
      label,
      ...cells.map(({value, difference, way, best}) => [value, difference, way, best]),
    ]),
    [
      ["one", [2, -1, 1, true], [1, 0.5, -1, false], [3, -1, 1, true]],
      ["other", [3, NaN, 0, false], [0.5, NaN, 0, true], [4, NaN, 0, false]],
    ],
  );
  assert.equal(valueRows([one, other], {...shown, cursor: null})[0].cells.length, 2);
  const higher = valueRows([one, other], {...shown, better: "higher"});
  assert.deepEqual(
    higher.map(({cells}) => cells[0].best),
    [false, true],
  );
  assert.deepEqual([higher[0].cells[0].way, valueRows([one, other], {...shown, better: ""})[0].cells[0].way], [-1, 0]);
});

test("runs that came to different steps are compared at the cursor alone", () => {
  const shown = {labels: ["a", "b", "c"], name: "test_loss", better: "lower", reference: 0, view: VIEW, cursor: 4};
  const stores = [ONE, OTHER, runWith([9, 8, 7])];
  const told = valueRows(stores, shown).map(({cells}) =>
    cells.map(({difference, way, best}) => [difference, way, best]),
  );
  const none = [NaN, 0, false];
  assert.deepEqual(told, [
    [none, none, [NaN, 0, true]],
    [none, none, none],
    [
      [5, -1, false],
      [6, -1, false],
      [7, -1, false],
    ],
  ]);
  assert.deepEqual([endAlike(stores, "test_loss"), endAlike([ONE, runWith([]), ONE], "test_loss")], [false, true]);
});

test("of values that are all alike, or that have no better, none is the best", () => {
  const shown = {labels: ["a", "b"], name: "test_loss", better: "lower", reference: 0, view: VIEW, cursor: null};
  const bests = (stores, more = {}) =>
    valueRows(stores, {...shown, ...more}).flatMap(({cells}) => cells.map(({best}) => best));
  assert.deepEqual(bests([ONE, ONE]), [false, false, false, false]);
  assert.deepEqual(bests([ONE, runWith([4, 3, 3])], {better: ""}), [false, false, false, false]);
});

test("of arms whose numbers ended none is the best at its end", () => {
  const failures = [{arm: 1, step: 7, knobs: {}}];
  const stores = [runWith([3, 1, 2]), runWith([4, 0.5, 0.25], {failures}), runWith([3, 2, 3])];
  const shown = {labels: ["a", "b", "c"], name: "test_loss", better: "lower", reference: 0, view: VIEW, cursor: 4};
  const best = valueRows(stores, shown).map(({cells}) => cells.map((cell) => cell.best));
  assert.deepEqual(best, [
    [true, true, false],
    [false, false, true],
    [false, false, false],
  ]);
});
