import assert from "node:assert/strict";
import {test} from "node:test";
import {meanOf, Study} from "../../../assets/lab/data/study.js";

const seed = (arm, name, number, steps, values, point = 0) => [
  {group: "seed", arm, name, seed: number, point, axis: "steps", values: Float64Array.from(steps)},
  {group: "seed", arm, name, seed: number, point, axis: "values", values: Float64Array.from(values)},
];

function filled() {
  const study = new Study();
  study.add({type: "study", fresh: true, study: "id", state: "running", arms: ["a", "b"]}, [
    ...seed(0, "loss", 0, [1, 2], [5, 4]),
    ...seed(1, "loss", 0, [1, 2], [3, 1]),
    ...seed(0, "loss", 1, [1, 2], [5, 4]),
    ...seed(1, "loss", 1, [1], [3]),
    ...seed(1, "loss", 2, [1, 2], [3, 1]),
    {group: "final", arm: 1, name: "loss", seed: 0, values: Float64Array.of(0.5)},
    {group: "final", arm: 1, name: "loss", seed: 0, point: 3, values: Float64Array.of(0.7)},
    {group: "band", arm: 1, name: "loss", axis: "mean", values: Float64Array.of(2)},
    {group: "band", arm: 1, name: "loss", axis: "low", values: Float64Array.of(1)},
    {group: "band", of: "difference", arm: 1, name: "loss", axis: "mean", values: Float64Array.of(-2)},
  ]);
  return study;
}

test("a difference is the arm less the first arm, where both have the same steps", () => {
  const found = filled().differences(1, "loss");
  assert.deepEqual([...found.keys()], [0]); // seed 1 ended early, of seed 2 the first arm is not there
  assert.deepEqual([...found.get(0).values], [-2, -3]);
  assert.deepEqual([...found.get(0).steps], [1, 2]);
});

test("what frames bring is found again by arm, name and point", () => {
  const study = filled();
  assert.equal(study.run, "id");
  assert.ok(study.going && study.state === "running");
  assert.equal(study.head.fresh, undefined);
  assert.equal(study.last(1, "loss").get(0), 0.5);
  assert.equal(study.last(1, "loss", 3).get(0), 0.7);
  assert.equal(study.last(0, "loss").size, 0);
  assert.equal(study.seeds(0, "loss").size, 2);
  assert.equal(study.seeds(0, "other").size, 0);
  assert.deepEqual([...study.band(1, "loss").mean, ...study.band(1, "loss").low], [2, 1]);
  assert.deepEqual([...study.difference(1, "loss").mean], [-2]);
  assert.equal(study.band(0, "loss"), null);
  assert.equal(study.difference(0, "loss"), null);
});

test("a later frame changes what it says and no more", () => {
  const study = filled();
  study.add({type: "study", state: "finished", response: [{metric: "loss", mean: 1}, {metric: "other"}]}, []);
  assert.ok(!study.going && study.run === "id");
  assert.deepEqual(study.response("loss"), [{metric: "loss", mean: 1}]);
  const empty = new Study();
  assert.deepEqual([empty.run, empty.state, empty.going, empty.response("loss")], [null, null, false, []]);
});

test("a mean is of what is finite", () => {
  assert.equal(meanOf([1, NaN, 3, Infinity]), 2);
  assert.ok(Number.isNaN(meanOf([NaN])));
});
