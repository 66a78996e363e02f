import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {Lease} from "../../../assets/lab/page/lease.js";
import {pass, visit} from "../server.js";

const SETTINGS = {task: "task", seed: 1};
let storage;
beforeEach(() => {
  ({storage} = visit());
});

/** What a promise has come to so far; undefined while it has not. */
function outcome(promise) {
  const found = {};
  promise.then((value) => {
    found.value = value;
  });
  return found;
}

/** What a lease recalls, once nobody can object any longer. */
async function recalled(lease, ...given) {
  const found = outcome(lease.recall(...given));
  await pass(120);
  return found.value;
}

test("a reload comes back to the run, once no other tab has said for 120 ms that it watches that", async () => {
  new Lease("trick").keep("r1", SETTINGS, {selected: 2});
  visit("/trick", {storage}); // the tab before is gone
  const lease = new Lease("trick");
  const found = outcome(lease.recall(SETTINGS));
  await pass(119);
  assert.equal("value" in found, false);
  await pass(1);
  assert.equal(found.value, "r1");
  assert.deepEqual([lease.run, lease.asked], ["r1", {selected: 2}]);
});

test("a copy of the tab leaves it the run, and knows at once", async () => {
  const first = new Lease("trick");
  first.keep("r1", SETTINGS);
  const copy = new Lease("trick");
  const found = outcome(copy.recall(SETTINGS));
  await pass();
  assert.deepEqual([found.value, copy.run, first.run], [null, null, "r1"]);
});

test("tabs that watch other runs, or ask at the same time, do not object", async () => {
  new Lease("trick").keep("r2", SETTINGS);
  new Lease("trick").keep("r1", SETTINGS);
  visit("/trick", {storage});
  const [one, other, third] = [new Lease("trick"), new Lease("trick"), new Lease("trick")];
  third.run = "r2";
  const found = [one, other].map((lease) => outcome(lease.recall(SETTINGS)));
  await pass(120);
  assert.deepEqual(
    found.map(({value}) => value),
    ["r1", "r1"],
  );
});

test("an answer to somebody else is none", async () => {
  const first = new Lease("trick");
  first.keep("r1", SETTINGS);
  first.run = null; // it says nothing
  const lease = new Lease("trick");
  const found = outcome(lease.recall(SETTINGS));
  first.channel.postMessage({type: "held", token: first.token});
  first.channel.postMessage({type: "lease", token: lease.token, run: "r1"});
  await pass(120);
  assert.equal(found.value, "r1");
  first.channel.postMessage({type: "lease", token: lease.token, run: "r1"}); // its own word
  let heard = 0;
  first.channel.addEventListener("message", () => {
    heard += 1;
  });
  await pass();
  assert.equal(heard, 0);
});

test("it is of one trick, and of the settings it was kept under, or of their task where those may differ", async () => {
  new Lease("trick").keep("r1", SETTINGS);
  visit("/trick", {storage});
  assert.equal(await recalled(new Lease("other"), SETTINGS), null);
  assert.equal(await recalled(new Lease("trick"), {...SETTINGS, seed: 2}), null);
  assert.equal(await recalled(new Lease("trick"), {task: "task"}, true), "r1");
  visit("/trick", {storage});
  assert.equal(await recalled(new Lease("trick"), {...SETTINGS, task: "other"}, true), null);
});

test("a run that is no more is forgotten", async () => {
  const lease = new Lease("trick");
  lease.keep("r1", SETTINGS, {});
  lease.keep(null);
  assert.deepEqual([lease.run, lease.asked, storage.kept.size], [null, undefined, 0]);
  assert.equal(await recalled(new Lease("trick"), SETTINGS), null);
});

test("a page that is left objects to nothing", async () => {
  const first = new Lease("trick");
  first.keep("r1", SETTINGS);
  first.close();
  assert.equal(await recalled(new Lease("trick"), SETTINGS), "r1");
});

test("without storage a reload starts afresh", async () => {
  const lease = new Lease("trick");
  lease.keep("r1", SETTINGS);
  storage.refuses = true;
  lease.keep("r2", SETTINGS);
  lease.keep(null);
  assert.equal(await recalled(new Lease("trick"), SETTINGS), null);
});
