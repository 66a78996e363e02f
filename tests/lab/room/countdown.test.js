import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {Countdown} from "../../../assets/lab/room/countdown.js";
import {tick, visit} from "../server.js";

beforeEach(() => visit());

test("it runs down by the page's own clock, to nothing and not below", () => {
  const countdown = new Countdown();
  assert.equal(countdown.left, 0);
  countdown.set(2.5);
  tick(1000);
  assert.equal(countdown.left, 1.5);
  tick(1600);
  assert.equal(countdown.left, 0);
});

test("the server's last word counts, also that nothing is left or that there is nothing", () => {
  const countdown = new Countdown();
  for (const none of [0, null, undefined]) {
    countdown.set(9);
    countdown.set(4);
    assert.equal(countdown.left, 4);
    countdown.set(none);
    assert.equal(countdown.left, 0);
  }
});
