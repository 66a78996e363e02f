import assert from "node:assert/strict";
import {test} from "node:test";
import {backOf, nextOf, othersOf} from "../../../assets/lab/room/next.js";
import {roomIn, voteOf} from "../room.js";

const OPEN_S = 12;
const first = {vote: voteOf(1)};
const second = {vote: voteOf(2, 30, {again: true})};
const LAST = {step: 2};
const to = (message) => (message.type === "go" ? `${message.phase} ${message.step}` : message.type);
const move = (one) => one && `${one.key.replace("room.", "")}: ${to(one.message)}`;

test("what comes next, in each phase", () => {
  const table = [
    // phase, of the room, seconds left, what comes next
    ["lobby", {}, 0, "next.ask: ask"],
    ["lobby", {asks: "open"}, 0, "next.talk: predict 0"],
    ["lobby", {asks: ""}, 0, "next.run: run 0"],
    ["predict", {}, 0, "next.ask: ask"],
    ["predict", first, OPEN_S, "next.end_vote: end_vote"],
    ["predict", first, 0, "next.run: run 0"],
    ["predict", second, OPEN_S, "next.end_vote: end_vote"],
    ["predict", second, 0, "next.result: result 0"],
    ["predict", {asks: "open"}, 0, "next.run: run 0"],
    ["run", first, 0, "next.explain: explain 0"],
    ["run", {asks: ""}, 0, "next.explain: explain 0"],
    ["explain", first, 0, "next.result: result 0"],
    ["explain", {...first, advice: "again"}, 0, "next.again: ask"],
    ["explain", {...first, advice: "explain"}, 0, "next.result: result 0"],
    ["explain", {...first, advice: "on"}, 0, "next.result: result 0"],
    ["explain", {asks: "", step: 1}, 0, "next.step: lobby 2"],
    ["explain", {asks: "open", ...LAST}, 0, "next.end: end 2"],
    ["result", first, 0, "next.step: lobby 1"],
    ["result", {...second, ...LAST}, 0, "next.end: end 2"],
    ["end", LAST, 0, null],
  ];
  for (const [phase, more, left, expected] of table)
    assert.equal(move(nextOf(roomIn(phase, more), left)), expected, `${phase} ${JSON.stringify(more)} ${left}`);
});

test("what came before, in each phase", () => {
  const table = [
    ["lobby", 0, null],
    ["predict", 0, "back: lobby 0"],
    ["run", 0, "back: lobby 0"],
    ["explain", 0, "back: run 0"],
    ["result", 0, "back: run 0"],
    ["lobby", 1, "back: run 0"],
    ["predict", 1, "back: run 0"],
    ["run", 2, "back: run 1"],
    ["explain", 2, "back: run 2"],
    ["result", 2, "back: run 2"],
    ["end", 2, "back: run 2"],
    ["end", 0, "back: run 0"], // of a lesson of one step
  ];
  for (const [phase, step, expected] of table)
    assert.equal(move(backOf(roomIn(phase, {step}))), expected, `${phase} ${step}`);
});

test("what else may be done is neither what comes next, nor against the room's rules", () => {
  const table = [
    ["lobby", {}, 0, ["next.run: run 0", "next.explain: explain 0", "next.step: lobby 1"]],
    [
      "predict",
      first,
      OPEN_S,
      ["back: lobby 0", "next.run: run 0", "next.explain: explain 0", "next.result: result 0", "next.step: lobby 1"],
    ],
    [
      "predict",
      first,
      0,
      ["back: lobby 0", "next.again: ask", "next.explain: explain 0", "next.result: result 0", "next.step: lobby 1"],
    ],
    ["predict", second, 0, ["back: lobby 0", "next.run: run 0", "next.explain: explain 0", "next.step: lobby 1"]],
    ["run", first, 0, ["back: lobby 0", "next.again: ask", "next.result: result 0", "next.step: lobby 1"]],
    [
      "explain",
      {...first, advice: "again"},
      0,
      ["back: run 0", "next.run: run 0", "next.result: result 0", "next.step: lobby 1"],
    ],
    ["explain", {...second, ...LAST}, 0, ["back: run 2", "next.run: run 2"]],
    [
      "result",
      {...first, ...LAST},
      0,
      ["back: run 2", "next.again: ask", "next.run: run 2", "next.explain: explain 2"],
    ],
    ["run", {asks: "", ...LAST}, 0, ["back: run 1"]],
    ["run", {asks: "open", step: 1}, 0, ["back: run 0", "next.step: lobby 2"]],
    ["run", {asks: "", ...LAST, experiment: {step: 2}}, 0, ["back: run 1", "next.experiment: experiment 2"]],
    ["run", {asks: "", ...LAST, experiment: {step: 1}}, 0, ["back: run 1"]],
    ["experiment", {asks: "", ...LAST, experiment: {step: 2}}, 0, ["back: run 2", "next.run: run 2"]],
  ]; // prettier-ignore
  for (const [phase, more, left, expected] of table)
    assert.deepEqual(
      othersOf(roomIn(phase, more), left).map(move),
      expected,
      `${phase} ${JSON.stringify(more)} ${left}`,
    );
});

test("after an experiment comes why", () => {
  assert.equal(move(nextOf(roomIn("experiment", first), 0)), "next.explain: explain 0");
});

test("in a closed room nothing is left to do", () => {
  for (const phase of ["lobby", "predict", "run", "experiment", "explain", "result", "end"]) {
    const state = roomIn(phase, {step: 1, closed: true, ...first});
    assert.deepEqual([nextOf(state, OPEN_S), backOf(state), othersOf(state, OPEN_S)], [null, null, []]);
  }
});

test("a question that was voted on is not asked again by going back to where it was asked", () => {
  assert.equal(move(nextOf(roomIn("lobby", first), 0)), "next.run: run 0");
  const shown = {...first, shown: true, advice: "again"};
  assert.equal(move(nextOf(roomIn("explain", shown), 0)), "next.result: result 0");
  assert.ok(!othersOf(roomIn("run", shown), 0).some(({key}) => key === "room.next.again"));
});
