import assert from "node:assert/strict";
import {mock, test} from "node:test";
import {atMostOnceAFrame} from "../../../assets/lab/page/soon.js";

test("what is asked for is done at once, and then once in a frame", () => {
  const frames = [];
  let now = 1000;
  globalThis.requestAnimationFrame = (callback) => frames.push(callback);
  mock.method(performance, "now", () => now);
  let done = 0;
  const act = atMostOnceAFrame(() => {
    done += 1;
    return true;
  });
  act();
  assert.deepEqual([done, frames.length], [1, 0]);
  now += 15;
  act();
  act();
  assert.deepEqual([done, frames.length], [1, 1]);
  now += 5;
  frames[0]();
  assert.equal(done, 2);
  now += 16;
  act();
  assert.deepEqual([done, frames.length], [3, 1]);
  mock.restoreAll();
});

test("where there was nothing to do the next call is not kept waiting", () => {
  const frames = [];
  globalThis.requestAnimationFrame = (callback) => frames.push(callback);
  mock.method(performance, "now", () => 1000);
  let done = 0;
  const act = atMostOnceAFrame(() => {
    done += 1;
    return false;
  });
  act();
  act();
  assert.deepEqual([done, frames.length], [2, 0]);
  mock.restoreAll();
});
