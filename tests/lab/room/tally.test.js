import assert from "node:assert/strict";
import {test} from "node:test";
import {bins, tally} from "../../../assets/lab/room/tally.js";
import {CHOICE, NUMBER as ASKED, t} from "../room.js";

const NUMBER = {...ASKED, high: 10};

/** Of each bar: its name, the counts with their widths, and what marks it. */
function bars(question, result, own) {
  return [...tally(question, {first: null, second: null, ...result}, t, own).querySelectorAll(".room-bar")].map(
    (bar) => [
      bar.querySelector(".room-bar-name").textContent,
      [...bar.querySelectorAll(".room-bar-line")].map(
        (line) => `${line.textContent.trim()} ${line.querySelector("i").getAttribute("style")}`,
      ),
      ["right", "own"].filter(
        (mark) => `data-${mark}` in Object.fromEntries([...bar.attributes].map(({name}) => [name, 1])),
      ),
    ],
  );
}

/** How many said a number of each bin, by the bin's lower edge; empty ones left out. */
const binned = (question, said) =>
  Object.fromEntries(
    bars(question, {first: said})
      .map(([name, [count]]) => [/low=(\S+)/.exec(name)[1], Number.parseInt(count, 10)])
      .filter(([, count]) => count),
  );

test("each choice has its count, the longest bar the whole width", () => {
  assert.deepEqual(bars(CHOICE, {first: [1, 4, 0], right: {choice: 1}}, 0), [
    ["A", ["1 --share: 0.25"], ["own"]],
    ["B ✓", ["4 --share: 1"], ["right"]],
    ["C", ["0 --share: 0"], []],
  ]);
});

test("two votes stand beside each other, to one scale and with a key", () => {
  const result = {first: [2, 1, 1], second: [0, 4, 0], right: null};
  assert.deepEqual(
    bars(CHOICE, result).map(([, lines]) => lines),
    [
      ["2 --share: 0.5", "0 --share: 0"],
      ["1 --share: 0.25", "4 --share: 1"],
      ["1 --share: 0.25", "0 --share: 0"],
    ],
  );
  assert.equal(
    tally(CHOICE, result, t).querySelector(".room-bar-key").textContent,
    "<room.result.first><room.result.second>",
  );
  assert.equal(tally(CHOICE, {...result, second: null}, t).querySelector(".room-bar-key"), null);
});

test("where nobody has voted the bars are empty, and where there was no vote there are none", () => {
  assert.deepEqual(bars(CHOICE, {first: [0, 0, 0]})[0], ["A", ["0 --share: 0"], []]);
  assert.deepEqual(bars(CHOICE, {right: {choice: 0}})[0], ["A ✓", [], ["right"]]);
  assert.deepEqual(binned(NUMBER, []), {});
  assert.equal(bars(NUMBER, {first: []}).length, 10);
});

test("a question without a right answer has none marked", () => {
  for (const right of [null, undefined])
    for (const question of [CHOICE, NUMBER])
      assert.ok(bars(question, {first: [1, 2, 0], right}).every(([, , marks]) => !marks.length));
});

test("numbers are counted in ten bins; one on an edge is of the upper one, but at the very end", () => {
  assert.deepEqual(binned(NUMBER, [0, 0.9, 1, 9, 9.5, 10]), {0: 2, 1: 1, 9: 3});
  const [[name]] = bars(NUMBER, {first: []});
  assert.equal(name, "<room.result.bin low=0 high=1 unit=%>");
  const marked = (answer) =>
    bars(NUMBER, {first: [], right: {answer, tolerance: 0}}).findIndex(([, , marks]) => marks[0]);
  assert.deepEqual([0, 0.99, 1, 10].map(marked), [0, 1, 1, 10]);
});

test("what is right is a range of its own: no other has a right number, and it has no wrong one", () => {
  const questions = [
    [0, 100, 53, 5],
    [0, 60, 32, 6],
    [0, 1, 0.2, 0.06],
    [0, 100, 10, 4],
    [0, 10, 9, 2],
    [0, 10, 1, 1],
    [-5, 5, 0, 0.5],
  ];
  for (const [low, high, answer, tolerance] of questions) {
    const [range, right] = [
      {low, high},
      {answer, tolerance},
    ];
    const {names, at, isRight, count} = bins({...NUMBER, ...range}, right, t);
    assert.equal(names.filter((_, bin) => isRight(bin)).length, 1);
    for (let i = 0; i <= 1000; i += 1) {
      const said = range.low + (i / 1000) * (range.high - range.low);
      const within = Math.abs(said - right.answer) <= right.tolerance + 1e-9;
      assert.equal(isRight(at(said)), within, `${said} where ${JSON.stringify(right)} is right`);
      assert.deepEqual(count([said]).indexOf(1), at(said));
    }
  }
  const {names} = bins({...NUMBER, low: 0, high: 100}, {answer: 53, tolerance: 5}, t);
  const ends = names.map((name) => name.match(/\d+/g).join());
  assert.deepEqual(ends.slice(3, 8), ["30,40", "40,48", "48,58", "58,60", "60,70"]);
});

test("an edge that binary numbers miss is an edge none the less", () => {
  const tenths = {...NUMBER, low: 0, high: 1};
  assert.deepEqual(
    binned(tenths, [0.1, 0.2, 0.3, 0.6, 0.7]), // 0.3 / 0.1 is 2.9999999999999996
    {0.1: 1, 0.2: 1, 0.3: 1, 0.6: 1, 0.7: 1},
  );
  assert.deepEqual(binned({...NUMBER, low: -5, high: 5}, [-5, -0.5, 0]), {"−5": 1, "−1": 1, 0: 1});
});

test("the bin of one's own number is marked", () => {
  const own = (said) => bars(NUMBER, {first: [said]}, said).findIndex(([, , marks]) => marks.includes("own"));
  assert.deepEqual([0, 5.5, 10].map(own), [0, 5, 9]);
});
