import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {twoTaps} from "../../../assets/lab/page/two_taps.js";
import {tick, visit} from "../server.js";

let done;
let button;
const asks = () => button.hasAttribute("data-asks");

beforeEach(() => {
  visit();
  done = 0;
  button = twoTaps({action: "close", label: "Close", sure: "Sure?"}, () => (done += 1));
});

test("the first tap asks in its place, the second does it, and then it asks anew", () => {
  button.click();
  assert.deepEqual([done, button.textContent, asks()], [0, "Sure?", true]);
  button.click();
  assert.deepEqual([done, button.textContent, asks()], [1, "Close", false]);
  button.click();
  assert.deepEqual([done, asks()], [1, true]);
});

test("a double click is one tap", () => {
  for (const detail of [1, 2]) button.dispatchEvent(Object.assign(new document.defaultView.Event("click"), {detail}));
  assert.deepEqual([done, asks()], [0, true]);
});

test("what is not tapped again is not meant", () => {
  button.click();
  tick(4999);
  assert.ok(asks());
  tick(1);
  assert.deepEqual([button.textContent, asks()], ["Close", false]);
  button.click();
  assert.equal(done, 0);
});
