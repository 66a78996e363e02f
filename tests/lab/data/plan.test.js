import assert from "node:assert/strict";
import {test} from "node:test";
import {plannedEnd} from "../../../assets/lab/data/plan.js";

test("a planned epoch is the trainers': its last, smaller batch is left out", () => {
  const values = {train_size: 100, batch_size: 30};
  assert.equal(plannedEnd("epoch", 39, values), 13);
  assert.equal(plannedEnd("epoch", 39, {train_size: 20, batch_size: 30}), 39);
  assert.equal(plannedEnd("step", 40, values), 40);
  assert.equal(plannedEnd("seconds", 40, values), 1);
  assert.equal(plannedEnd("epoch", 40, {}), 40);
});
