import assert from "node:assert/strict";
import {test} from "node:test";
import {longerOf, Past, strideOf} from "../../assets/lab/past.js";
import {Reach} from "../../assets/lab/data/reach.js";
import "./dom.js";
import {labOf, runOf} from "./lab.js";

const ARMS = [{rows: {step: [1, 2, 3, 4], train_loss: [8, 4, 2, 1]}}];

function pastOf(more = {}) {
  const told = [];
  const note =
    (name) =>
    (...given) =>
      told.push([name, ...given]);
  const lab = labOf(runOf(ARMS, {step: 300, steps: 400, looks: [100, 200]}), {
    send: (message) => told.push(["send", message]) > 0,
    lookedBack: note("looked"),
    goOn: note("on"),
    state: "paused",
    ...more,
  });
  lab.config.limits = {steps: [1, 1000]};
  const past = new Past(lab);
  Object.defineProperty(lab, "cursor", {get: () => past.step});
  return {past, lab, told};
}
const said = (told) => told.splice(0).map((one) => JSON.stringify(one));

test("one looks back at a step, and asks what was then; from the last one on all is as it goes", () => {
  const {past, told} = pastOf();
  past.look(200.4);
  assert.equal(past.step, 200);
  assert.deepEqual(said(told), ['["send",{"type":"look","step":200}]', '["looked"]']);
  past.look(200);
  assert.deepEqual(said(told), []);
  past.look(-5);
  assert.equal(past.step, 0);
  for (const now of [300, 400, null]) {
    past.look(100);
    past.look(now);
    assert.equal(past.step, null);
  }
  past.insight.stop();
});

test("a stride is a hundredth of the steps that were made", () => {
  const {past} = pastOf();
  past.walk(-1);
  assert.equal(past.step, 297);
  past.walk(-5);
  assert.equal(past.step, 282);
  past.walk(7);
  assert.equal(past.step, null);
  past.walk(-1);
  past.forget();
  assert.equal(past.step, null);
  past.insight.stop();
});

test("what was asked for is held, of the run that is shown", () => {
  const {past, lab} = pastOf();
  const held = [];
  lab.store.hold = (step, arrays) => held.push([step, arrays]);
  past.told({run: "another", step: 10}, [1]);
  past.told({run: lab.store.run, step: 20}, [2]);
  assert.deepEqual(held, [[20, [2]]]);
});

test("a run goes on from the step that is looked at, and from its end where it is over", () => {
  const {past, lab, told} = pastOf();
  past.look(200);
  past.branch();
  assert.equal(said(told).at(-1), '["on",{"step":200}]');
  assert.equal(past.longer, null);
  lab.state = "stopped";
  assert.equal(past.longer, 400);
  past.extend();
  assert.equal(said(told).at(-1), '["on",{"step":300,"steps":400}]');
  lab.steps = 900;
  assert.equal(past.longer, 900);
  Object.assign(lab.store.head, {step: 1000, steps: 1000});
  assert.equal(past.longer, null);
  past.insight.stop();
});

test("how long a run can be made, and how far a key goes", () => {
  assert.equal(longerOf({step: 400, steps: 400}, 400, 100_000), 800);
  assert.equal(longerOf({step: 400, steps: 400}, 500, 100_000), 500);
  assert.equal(longerOf({step: 100, steps: 400}, 400, 100_000), 400);
  assert.equal(longerOf({step: 100, steps: 400}, 900, 100_000), 900);
  assert.equal(longerOf({step: 60_000, steps: 60_000}, 500, 100_000), 100_000);
  assert.deepEqual([1, 149, 1000].map(strideOf), [1, 1, 10]);
});

test("a run is not made longer where its steps are out of reach", () => {
  const longer = (told) => pastOf({state: "stopped", steps: 500, reach: new Reach(told)}).past.longer;
  assert.equal(longer({show: null, lock: [], strict: false}), 500);
  assert.equal(longer({show: null, lock: ["steps"], strict: false}), null);
  assert.equal(longer({show: ["seed"], lock: [], strict: false}), null);
});
