import assert from "node:assert/strict";
import {test} from "node:test";
import {chooseArm, firstChosen, sweptKnob} from "../../../assets/lab/data/chosen.js";

test("at first the baseline is shown with all tricks, or with both ends and the middle of a sweep", () => {
  assert.deepEqual([firstChosen("combine", 8), firstChosen("combine", 1)], [[0, 1], [0]]);
  assert.deepEqual(firstChosen("sweep", 9), [0, 1, 4, 8]);
  assert.deepEqual(firstChosen("sweep", 8), [0, 1, 4, 7]); // rounded up
  assert.deepEqual(
    [firstChosen("sweep", 3), firstChosen("sweep", 2), firstChosen("sweep", 1)],
    [[0, 1, 2], [0, 1], [0]],
  );
});

test("an arm is put among those shown or taken away; of five the one longest there goes, never the baseline", () => {
  assert.deepEqual(chooseArm([0, 1], 3), [0, 1, 3]);
  assert.deepEqual(chooseArm([0, 1, 3], 1), [0, 3]);
  assert.deepEqual(chooseArm([0, 1, 2, 3, 4], 5), [0, 2, 3, 4, 5]);
  assert.deepEqual(chooseArm([0, 1], 0), [0, 1]);
});

test("a sweep's knob is the one that differs among its arms", () => {
  const arms = (...knobs) => [{knobs: {}}, ...knobs.map((one) => ({knobs: one}))];
  assert.equal(sweptKnob(arms({a: 1, b: 1}, {a: 1, b: 2})), "b");
  assert.equal(sweptKnob(arms({a: 1}, {a: 1})), undefined);
  assert.deepEqual([sweptKnob(arms()), sweptKnob([])], [undefined, undefined]);
});
