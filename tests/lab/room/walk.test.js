import assert from "node:assert/strict";
import {test} from "node:test";
import {isVotedOn, placesOf} from "../../../assets/lab/room/walk.js";

test("one comes from the beginning through each step to the sheet", () => {
  const steps = [{question: {kind: "choice"}}, {question: null}];
  assert.deepEqual(
    placesOf(steps, true).map(({phase, step}) => `${phase} ${step}`),
    ["intro 0", "predict 0", "run 0", "explain 0", "run 1", "explain 1", "sheet 1"],
  );
  assert.equal(placesOf(steps, false).at(-1).phase, "explain");
});

test("what is voted on has answers", () => {
  assert.deepEqual([{kind: "choice"}, {kind: "number"}, {kind: "open"}, null].map(isVotedOn), [
    true,
    true,
    false,
    false,
  ]);
});
