import assert from "node:assert/strict";
import {test} from "node:test";
import {Tried} from "../../../assets/lab/room/tried.js";
import {triedOf} from "./experiments.js";

test("it has each arm's curves as charts take them, with nothing where nothing was measured", () => {
  const tried = new Tried(triedOf());
  assert.deepEqual([tried.steps, tried.arms.length, tried.events, tried.failure()], [40, 2, [], null]);
  const {steps, values} = tried.series(1, "loss");
  assert.deepEqual([...steps], [1, 20, 40]);
  assert.deepEqual([...values], [1, NaN, 0.25]);
  assert.equal(tried.series(0, "other").steps.length, 0);
  assert.deepEqual([tried.has(["other", "loss"]), tried.has(["other"])], [true, false]);
});
