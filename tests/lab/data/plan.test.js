import assert from "node:assert/strict";
import {test} from "node:test";
import {plannedEnd} from "../../../assets/lab/data/plan.js";

test("a planned epoch counts its last, smaller batch", () => {
  const values = {train_size: 100, batch_size: 30};
  assert.equal(plannedEnd("epoch", 40, values), 10);
  assert.equal(plannedEnd("step", 40, values), 40);
  assert.equal(plannedEnd("seconds", 40, values), 1);
  assert.equal(plannedEnd("epoch", 40, {}), 40);
});
