import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {secretOf} from "../../../assets/lab/room/secret.js";
import {Storage, visit} from "../server.js";

let lasting;

beforeEach(() => {
  ({lasting} = visit());
});

test("a device is the same in a room after a reload, and another in every other room", () => {
  const first = secretOf("a");
  assert.match(first, /^[\w-]{32}$/); // as the server takes them
  visit("/", {lasting});
  assert.equal(secretOf("a"), first);
  assert.notEqual(secretOf("b"), first);
  assert.equal(secretOf("a"), first);
});

test("another browser is another device", () => {
  const first = secretOf("a");
  visit("/", {lasting: new Storage()});
  assert.notEqual(secretOf("a"), first);
});

test("where the browser keeps nothing, each load comes in anew", () => {
  lasting.refuses = true;
  const [one, other] = [secretOf("a"), secretOf("a")];
  for (const secret of [one, other]) assert.match(secret, /^[\w-]{32}$/);
  assert.notEqual(one, other);
});

test("what was kept and is no secret is made anew: the server would not take it", () => {
  for (const kept of ["", "short", "x".repeat(31), `${"x".repeat(31)}!`, "x".repeat(33)]) {
    lasting.kept.set("trick-lab.room.a", kept);
    const made = secretOf("a");
    assert.match(made, /^[\w-]{32}$/);
    assert.equal(secretOf("a"), made);
  }
});
