import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {BidBox} from "../../../assets/lab/room/bid_box.js";
import {happen} from "../dom.js";
import {seen, t} from "../room.js";
import {visit} from "../server.js";
import {bidsOf, LEVEL, RATE} from "./experiments.js";

let bids;
let box;
const press = () => box.element.querySelector("[data-action=bid]").click();
const drag = (place) => {
  const range = box.element.querySelector("input");
  range.value = String(place);
  happen(range, "input");
};

beforeEach(() => {
  visit();
  bids = [];
  box = new BidBox(t, (experiment, values) => bids.push([experiment, ...values]));
});

test("it is there while choices are taken, of a step that has a knob", () => {
  for (const [experiment, knobs] of [
    [null, [LEVEL]],
    [bidsOf(), []],
  ]) {
    box.draw(experiment, knobs, null);
    assert.ok(box.element.hidden);
  }
  box.draw(bidsOf(), [LEVEL], null);
  assert.equal(seen(box.element), "<room.part.choose knob=level b> level b 0.5 <room.part.say>");
});

test("what is chosen is sent at the press, and can be changed", () => {
  box.draw(bidsOf({number: 3}), [LEVEL], null);
  press();
  drag(20);
  assert.deepEqual(bids, [[3, 0.5]]);
  box.draw(bidsOf({number: 3}), [LEVEL], [0.5]);
  assert.match(seen(box.element), /level b 0.1 <room.part.again> <room.part.chosen setting=level b = 0.5>$/);
  press();
  assert.deepEqual(bids[1], [3, 0.1]);
});

test("after a reload it stands where the server has it, and anew for another experiment", () => {
  box.draw(bidsOf(), [LEVEL], [0.75]);
  assert.match(seen(box.element), /level b 0.75/);
  press();
  box.draw(bidsOf({number: 2}), [LEVEL], null);
  assert.match(seen(box.element), /level b 0.5 <room.part.say>$/);
  press();
  assert.deepEqual(bids, [
    [1, 0.75],
    [2, 0.5],
  ]);
});

test("of two knobs both are sent, each among the values that it may have", () => {
  const knobs = [{...LEVEL, values: [0, 0.4, 1]}, RATE];
  box.draw(bidsOf(), knobs, null);
  assert.equal(
    seen(box.element),
    "<room.part.choose knob=<room.knobs one=level b other=rate r>> level b 0.4 rate r 0.1 <room.part.say>",
  );
  const [, rate] = box.element.querySelectorAll("input");
  rate.value = "2";
  happen(rate, "input");
  press();
  drag(0);
  press();
  assert.deepEqual(bids, [
    [1, 0.4, 1],
    [1, 0, 1],
  ]);
  box.draw(bidsOf(), knobs, [0, 1]);
  assert.match(seen(box.element), /<room.part.chosen setting=level b = 0, rate r = 1>$/);
});
