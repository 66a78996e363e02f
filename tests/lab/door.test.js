import assert from "node:assert/strict";
import {test} from "node:test";
import {h} from "../../assets/lab/page/dom.js";
import {outline} from "./dom.js";

const planned = []; // [what is done, after how many ms]
const asked = [];
let answer = () => null;
let now = 0;

/** Lets the door look once more; what the page says then, null for nothing, and when it looks again. */
async function looking(minutes = 0) {
  now = 60_000 * minutes;
  const [look] = planned.pop();
  look();
  await new Promise(setImmediate);
  return [document.querySelector(".lab-door")?.textContent ?? null, planned.at(-1)?.[1]];
}

const answering = (refusal, ok = true) => {
  answer = () => ({ok, json: async () => ({refusal})});
};

test("a page that gets no connection says why, and asks ever more rarely until it has one", async () => {
  const script = h("script", {"data-door": "/door", "data-blocked": "Something blocks it."});
  const state = h("div", {"data-test-connection-state": "CONNECTING"});
  document.body.replaceChildren(h("main"), script, state);
  globalThis.location = {origin: "https://a.b:1"};
  globalThis.fetch = async (address) => {
    asked.push(address);
    return answer();
  };
  performance.now = () => now;
  globalThis.setTimeout = (act, ms) => planned.push([act, ms]);
  await import("../../assets/lab/door.js");
  assert.deepEqual([planned.length, planned[0][1]], [1, 2000]);

  const sheets = () => [...document.querySelectorAll("link")].map((link) => link.dataset.sheets);
  answering(""); // let in
  assert.deepEqual([await looking(), sheets()], [[null, 2000], []]);
  answering("Not from there.");
  assert.deepEqual(await looking(), ["Not from there.", 3000]);
  assert.deepEqual(asked.slice(1), ["/door?origin=https%3A%2F%2Fa.b%3A1"]);
  assert.equal(outline(document.body.firstChild), "p class=lab-door role=alert: Not from there.");
  assert.deepEqual(sheets(), ["door"]);

  const node = document.body.firstChild.firstChild;
  assert.deepEqual(await looking(), ["Not from there.", 4500]);
  assert.ok(document.body.firstChild.firstChild === node); // else it would be read aloud again

  answering(""); // let in, but no connection comes through
  assert.deepEqual(await looking(0.25), [null, 6750]);
  assert.deepEqual(await looking(0.251), ["Something blocks it.", 10_125]);
  document.body.prepend(h("header"));
  assert.deepEqual(await looking(1), ["Something blocks it.", 15_187.5]);
  assert.equal(document.body.firstChild.tagName, "HEADER"); // it stays where it stands

  answering("Not from there.", false); // another error than the door's own
  assert.deepEqual(await looking(1), [null, 22_781.25]);
  answer = () => {
    throw new Error("nobody answers");
  };
  assert.deepEqual(await looking(1), [null, 30_000]);

  state.remove(); // Streamlit says nothing of its connection
  answering("");
  assert.deepEqual(await looking(1), [null, 30_000]);
  answering("Not from there.");
  assert.deepEqual(await looking(1), ["Not from there.", 30_000]);

  document.body.append(state);
  state.dataset.testConnectionState = "CONNECTED";
  asked.length = 0;
  assert.deepEqual(await looking(1), [null, undefined]);
  assert.deepEqual(asked, []);
});
