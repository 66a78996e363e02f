import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {Desks} from "../../../assets/lab/room/desks.js";
import {seen, t} from "../room.js";
import {visit} from "../server.js";

const DESKS = [
  {desk: "a1", paired_at: 1},
  {desk: "b2", paired_at: 61},
];
let said;
let desks;
const row = (desk) => desks.list.querySelector(`[data-desk=${desk}]`);

beforeEach(() => {
  visit();
  said = [];
  desks = new Desks(t, "en", (message) => said.push(message));
});

test("each desk says when it was paired, and is ended by two taps", () => {
  desks.draw({desks: DESKS});
  assert.match(seen(desks.list), /<room.desks.one at=\d\d:\d\d> <room.desks.end> <room.desks.one at=\d\d:\d\d>/);
  row("b2").querySelector("button").click();
  assert.deepEqual(said, []);
  row("b2").querySelector("button").click();
  assert.deepEqual(said, [{type: "end_desk", desk: "b2"}]);
});

test("a row stays under the thumb, and where there is none there is nothing", () => {
  desks.draw({desks: DESKS});
  const first = row("a1");
  desks.draw({desks: DESKS.map((one) => ({...one}))});
  assert.equal(row("a1"), first);
  desks.draw({desks: []});
  assert.deepEqual([desks.element.hidden, desks.list.children.length], [true, 0]);
});
