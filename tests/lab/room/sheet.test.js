import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {saidText, sheet} from "../../../assets/lab/room/sheet.js";
import {CHOICE, NUMBER, OPEN, seen, t} from "../room.js";
import {visit} from "../server.js";

const LESSON = {
  title: "A lesson",
  aim: "To see.",
  steps: [
    {heading: "One", question: CHOICE},
    {heading: "Two", question: NUMBER},
    {heading: "Three", question: OPEN},
    {heading: "Four", question: null},
  ],
};
const TAKEN = {at: 0, reached: 0, said: {0: 2, 1: 8}, words: {2: "<b>up</b>"}, sentence: "<i>So</i>."};
const TOLD = new Map([
  [0, {right: {choice: 1}, is_right: false}],
  [1, {right: {answer: 9, tolerance: 2}, is_right: true}],
]);

beforeEach(() => void visit());

test("it has each question, what was predicted, what is right, and the sentence, as text", () => {
  const made = sheet(LESSON, TAKEN, TOLD, t);
  const parts = [...made.querySelectorAll(".alone-part")].map(seen);
  assert.deepEqual(parts, [
    "1 One Which? <alone.own> C ✗ <alone.right> B",
    "2 Two How many? <alone.own> 8 % ✓ <alone.right> <room.within answer=9 tolerance=2 unit=%>",
    "3 Three Why? <alone.own> <b>up</b>",
  ]);
  assert.equal(seen(made.querySelector(".alone-own")), "<alone.sentence> <i>So</i>.");
  assert.equal(made.querySelectorAll("b, i").length, 0);
});

test("what was not predicted is said to be nothing, and what the server has not told is not there", () => {
  const made = sheet(LESSON, {...TAKEN, said: {}, words: {}, sentence: ""}, new Map(), t);
  assert.equal(seen(made.querySelector(".alone-part")), "1 One Which? <alone.own> <alone.none>");
  assert.equal(made.querySelector(".alone-own"), null);
});

test("a prediction in words", () => {
  assert.deepEqual(
    [saidText(CHOICE, 0), saidText(NUMBER, 8.5), saidText(CHOICE, undefined), saidText(CHOICE, 9)],
    ["A", "8.5 %", "", ""],
  );
});
