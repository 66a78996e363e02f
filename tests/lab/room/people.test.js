import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {People} from "../../../assets/lab/room/people.js";
import {outline} from "../dom.js";
import {t} from "../room.js";
import {visit} from "../server.js";

let said;
let people;
const one = (number, more) => ({number, alias: `P${number}`, here: true, said: false, ...more});
const draw = (list, more = {}) => people.draw({people: list, wheel: null, vote: null, page: {knobs: [{}]}, ...more});
const rows = () =>
  [...people.list.children].map((row) => [
    row.querySelector("bdi").textContent,
    row.querySelector("span").textContent,
    row.hasAttribute("data-here"),
  ]);
const press = (number, action) =>
  people.list.querySelector(`[data-person="${number}"] [data-action=${action}]`).click();

beforeEach(() => {
  visit();
  said = [];
  people = new People(t, (message) => said.push(message));
});

test("everybody has a row: who is away, who has not voted, who has the wheel", () => {
  const list = [one(1), one(2, {said: true}), one(3, {here: false}), one(4)];
  draw(list);
  assert.deepEqual(
    rows().map(([, state]) => state),
    ["", "", "<room.desk.away>", ""],
  );
  draw(list, {vote: {number: 1}, wheel: {person: 4}});
  assert.deepEqual(rows(), [
    ["P1", "<room.desk.waiting>", true],
    ["P2", "", true],
    ["P3", "<room.desk.away>", false],
    ["P4", "<room.desk.waiting>, <room.desk.wheel>", true],
  ]);
  assert.equal(people.head.textContent, "<room.desk.people count=4>");
});

test("a row stays under the thumb while others come, vote and go", () => {
  draw([one(1), one(2), one(3)]);
  const row = people.list.querySelector("[data-person='2']");
  const button = row.querySelector("button");
  draw([one(2, {said: true, alias: "Ada"}), one(3), one(4)], {vote: {number: 1}});
  assert.ok(people.list.querySelector("[data-person='2']") === row && row.querySelector("button") === button);
  assert.deepEqual(
    rows().map(([name]) => name),
    ["Ada", "P3", "P4"],
  );
});

test("the wheel is given by hand or taken back, and somebody is sent away", () => {
  draw([one(1), one(7)]);
  press(7, "give");
  press(1, "kick");
  assert.equal(said.length, 1);
  press(1, "kick");
  people.back.click();
  assert.deepEqual(said, [
    {type: "give", who: 7},
    {type: "kick", who: 1},
    {type: "give", who: null},
  ]);
});

test("the wheel can be taken back while somebody has it", () => {
  draw([one(1)]);
  assert.ok(people.back.hidden);
  draw([one(1)], {wheel: {person: 1}});
  assert.ok(!people.back.hidden);
});

test("by lot it goes to somebody who is there, each as likely", () => {
  const list = [one(1, {here: false}), one(2), one(3), one(4, {here: false}), one(5)];
  draw(list);
  const {random} = Math;
  const drawn = [0, 0.3, 0.34, 0.6, 0.67, 0.999].map((luck) => {
    Math.random = () => luck;
    people.lot.click();
    return said.at(-1).who;
  });
  Math.random = random;
  assert.deepEqual(drawn, [2, 2, 3, 3, 5, 5]);
});

test("where nobody is there no lot is drawn", () => {
  draw([one(1, {here: false})]);
  assert.ok(people.lot.disabled);
  people.drawLot();
  assert.deepEqual(said, []);
  draw([one(1)]);
  assert.ok(!people.lot.disabled);
});

test("a name is text, whatever stands in it, and turns no line around", () => {
  draw([one(1, {alias: "<b>x</b>"})]);
  assert.match(outline(people.list), /bdi: <b>x<\/b>/);
  assert.equal(people.list.querySelector("b"), null);
});

test("the wheel is offered where there is something to turn", () => {
  const offered = () => [people.lot.hidden, people.list.dataset.turns];
  draw([one(1)]);
  assert.deepEqual(offered(), [false, "true"]);
  draw([one(1)], {page: {knobs: []}});
  assert.deepEqual(offered(), [true, "false"]);
});
