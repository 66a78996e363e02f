import assert from "node:assert/strict";
import {test} from "node:test";
import {Outbox} from "../../../assets/lab/page/outbox.js";

test("turns go out at once, and then at most one a frame and knob", () => {
  const sent = [];
  const frames = [];
  globalThis.requestAnimationFrame = (callback) => frames.push(callback);
  const outbox = new Outbox((message) => sent.push(message));
  outbox.put("a", 1);
  assert.deepEqual(sent, [1]);
  outbox.put("a", 2);
  outbox.put("a", 3);
  outbox.put("b", 4);
  assert.deepEqual([sent, frames.length], [[1], 1]);
  frames[0]();
  assert.deepEqual(sent, [1, 3, 4]);
  outbox.put("a", 5);
  outbox.clear();
  frames.at(-1)();
  assert.ok(!sent.includes(5) || frames.length === 1);
});
