import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {rightText, votesTable} from "../../../assets/lab/room/votes_table.js";
import {CHOICE, NUMBER, t} from "../room.js";
import {visit} from "../server.js";

beforeEach(() => visit());

const cells = (table) =>
  [...table.querySelectorAll("tr")].map((row) => [...row.children].map((cell) => cell.textContent));
const marked = (table) => [...table.querySelectorAll("[data-right]")].map((row) => row.firstChild.textContent);

test("a row for each choice, a column for each vote, with shares and how many are right", () => {
  const votes = [
    {said: 3, share: 2 / 3},
    {said: 4, share: 1},
  ];
  const table = votesTable(CHOICE, votes, {first: [1, 2, 0], second: [0, 4, 0]}, {choice: 1}, t);
  assert.deepEqual(cells(table), [
    ["", "<room.result.first>", "<room.result.second>"],
    ["A", "<report.count count=1 percent=33>", "<report.count count=0 percent=0>"],
    ["B ✓", "<report.count count=2 percent=67>", "<report.count count=4 percent=100>"],
    ["C", "<report.count count=0 percent=0>", "<report.count count=0 percent=0>"],
    ["<report.said>", "3", "4"],
    ["<report.share>", "<report.percent percent=67>", "<report.percent percent=100>"],
  ]);
  assert.deepEqual(marked(table), ["B ✓"]);
});

test("one vote is one column; where nobody has answered there are no shares", () => {
  const table = votesTable(CHOICE, [{said: 0, share: null}], {first: [0, 0, 0], second: null}, {choice: 0}, t);
  assert.deepEqual(cells(table).slice(1), [
    ["A ✓", "0"],
    ["B", "0"],
    ["C", "0"],
    ["<report.said>", "0"],
    ["<report.share>", ""],
  ]);
});

test("numbers stand in the ranges in which any was said or is right, and what has no right answer marks none", () => {
  const question = {...NUMBER, high: 10};
  const table = votesTable(
    question,
    [{said: 3, share: 1 / 3}],
    {first: [3, 3, 9.5], second: null},
    {answer: 9, tolerance: 0.5},
    t,
  );
  assert.equal(cells(table).length, 1 + 2 + 2); // that of 9.5 is the right one
  assert.deepEqual(cells(table)[1], ["<room.result.bin low=3 high=4 unit=%>", "<report.count count=2 percent=67>"]);
  assert.equal(marked(table).length, 1);
  const open = votesTable(CHOICE, [{said: 1, share: null}], {first: [1, 0, 0], second: null}, null, t);
  assert.deepEqual([marked(open), cells(open).length], [[], 1 + 3 + 1]);
});

test("a choice is text", () => {
  const question = {...CHOICE, choices: ["<i>A</i>", "B"]};
  const table = votesTable(question, [{said: 1, share: 1}], {first: [1, 0], second: null}, {choice: 0}, t);
  assert.equal(table.querySelector("i"), null);
});

test("what is right, in words", () => {
  assert.equal(rightText(CHOICE, {choice: 1}, t), "B");
  assert.equal(rightText(NUMBER, {answer: 9, tolerance: 2}, t), "<room.within answer=9 tolerance=2 unit=%>");
  assert.equal(rightText(CHOICE, null, t), "");
});
