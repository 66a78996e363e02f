import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {hello, Lease} from "../../../assets/lab/page/lease.js";
import {Storage, visit} from "../server.js";

const SETTINGS = {task: "task", seed: 1};
let storage;
beforeEach(() => {
  ({storage} = visit());
});

/** The module as another document has it. */
const another = async () => (await import(`../../../assets/lab/page/lease.js?${Math.random()}`)).hello();

test("a reload comes back to the run, and so does a copy of the tab", () => {
  new Lease("trick").keep("r1", SETTINGS, {selected: 2});
  visit("/trick", {storage});
  for (const lease of [new Lease("trick"), new Lease("trick")])
    assert.deepEqual([lease.recall(SETTINGS), lease.asked], ["r1", {selected: 2}]);
});

test("it is of one trick, and of the settings it was kept under, or of their task where those may differ", () => {
  new Lease("trick").keep("r1", SETTINGS);
  assert.equal(new Lease("other").recall(SETTINGS), null);
  assert.equal(new Lease("trick").recall({...SETTINGS, seed: 2}), null);
  assert.equal(new Lease("trick").recall({task: "task"}, true), "r1");
  assert.equal(new Lease("trick").recall({...SETTINGS, task: "other"}, true), null);
});

test("a run that is no more is forgotten", () => {
  const lease = new Lease("trick");
  lease.keep("r1", SETTINGS, {});
  lease.keep(null);
  assert.deepEqual([lease.asked, storage.kept.size], [undefined, 0]);
  assert.equal(new Lease("trick").recall(SETTINGS), null);
});

test("without storage a reload starts afresh", () => {
  const lease = new Lease("trick");
  lease.keep("r1", SETTINGS);
  storage.refuses = true;
  lease.keep("r2", SETTINGS);
  lease.keep(null);
  assert.equal(new Lease("trick").recall(SETTINGS), null);
});

test("a socket says which document it is of, and the secret that its tab keeps", async () => {
  const {type, tab, secret} = hello();
  assert.equal(type, "hello");
  for (const text of [tab, secret]) assert.match(text, /^[A-Za-z0-9_-]{32}$/);
  assert.notEqual(tab, secret);
  assert.equal(storage.getItem("trick-lab.secret"), JSON.stringify(secret));
  assert.deepEqual(hello(), {type, tab, secret});
  const copy = await another();
  assert.equal(copy.secret, secret);
  assert.notEqual(copy.tab, tab);
  visit("/trick", {storage: new Storage()});
  assert.notEqual((await another()).secret, secret);
});

test("where the browser keeps nothing the secret is the document's", async () => {
  storage.refuses = true;
  const {secret} = hello();
  assert.match(secret, /^[A-Za-z0-9_-]{32}$/);
  assert.equal(hello().secret, secret);
  assert.notEqual((await another()).secret, secret);
});

test("192 bits are drawn, and written in letters, digits, - and _", async (context) => {
  const draw = context.mock.method(crypto, "getRandomValues", (bytes) => bytes.fill(0xfb));
  assert.deepEqual(await another(), {type: "hello", tab: "-_v7".repeat(8), secret: "-_v7".repeat(8)});
  assert.deepEqual(
    draw.mock.calls.map(({arguments: [bytes]}) => bytes.length),
    [24, 24],
  );
});
