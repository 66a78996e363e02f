import assert from "node:assert/strict";
import {test} from "node:test";
import {keptValue, plannedEnd} from "../../../assets/lab/data/plan.js";

test("a planned epoch counts its last, smaller batch", () => {
  const values = {train_size: 100, batch_size: 30};
  assert.equal(plannedEnd("epoch", 40, values), 10);
  assert.equal(plannedEnd("step", 40, values), 40);
  assert.equal(plannedEnd("seconds", 40, values), 1);
  assert.equal(plannedEnd("epoch", 40, {}), 40);
});

test("a refused knob goes back to the value in force, not to its default", () => {
  const knob = {name: "level", live: true, default: 0.1};
  assert.equal(keptValue(knob, {active: true, inForce: 0.3, good: {level: 0.2}}), 0.3);
  assert.equal(keptValue(knob, {active: false, inForce: 0.3, good: {level: 0.2}}), 0.2);
  assert.equal(keptValue({...knob, live: false}, {active: true, inForce: 0.3, good: {level: 0.2}}), 0.2);
  assert.equal(keptValue(knob, {active: true, inForce: undefined, good: {}}), 0.1);
  assert.equal(keptValue(knob, {active: true, inForce: 0, good: {level: 0.2}}), 0);
});
