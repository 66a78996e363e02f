import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {QuestionBox} from "../../../assets/lab/room/question_box.js";
import {happen} from "../dom.js";
import {CHOICE, NUMBER, OPEN, roomIn, seen, t, voteOf} from "../room.js";
import {visit} from "../server.js";

let sent;
let box;

beforeEach(() => {
  visit();
  sent = [];
  box = new QuestionBox(t, (vote, value) => sent.push([vote, value]));
  document.body.append(box.element);
});

const draw = (vote, left = 30, question = CHOICE) => box.draw(roomIn("predict", {question, vote}), left);
const choices = () => [...box.element.querySelectorAll(".room-choice")];
const pressed = () => choices().findIndex((button) => button.getAttribute("aria-pressed") === "true");
const status = () => box.status.textContent;
const type = (text) => {
  const input = box.element.querySelector("input");
  input.value = text;
  happen(input.form, "submit");
  return box.element.querySelector("[role=alert]").textContent;
};

test("without a question nothing is shown", () => {
  box.draw({}, 0);
  assert.ok(box.element.hidden);
  draw(null, 0);
  assert.ok(!box.element.hidden);
  box.draw({}, 0);
  assert.ok(box.element.hidden);
});

test("choices are seen before the vote, and can be pressed while it is open alone", () => {
  const are = () => choices().map(({textContent, disabled}) => [textContent, disabled]);
  const all = (disabled) => ["A", "B", "C"].map((name) => [name, disabled]);
  draw(null, 0);
  assert.deepEqual([are(), box.clock.textContent], [all(true), "<room.vote.soon>"]);
  draw(voteOf(1), 29.2);
  assert.deepEqual([are(), box.clock.textContent], [all(false), "<room.vote.left seconds=30>"]);
  draw(voteOf(1), 0);
  assert.deepEqual([are(), box.clock.textContent], [all(true), "<room.vote.closed>"]);
  choices()[0].click();
  assert.deepEqual(sent, []);
  assert.equal(box.text.innerHTML, CHOICE.text);
});

test("an answer is marked at once, and said to be in when the server has it", () => {
  draw(voteOf(1));
  assert.deepEqual([pressed(), status()], [-1, ""]);
  choices()[0].click();
  assert.deepEqual([sent, pressed(), status()], [[[1, 0]], 0, "<room.vote.sending said=A>"]);
  box.confirm(1, 0);
  draw(voteOf(1));
  assert.deepEqual([pressed(), status()], [0, "<room.vote.in said=A>"]);
});

test("of two answers in a row the last counts, whenever the first is confirmed", () => {
  draw(voteOf(1));
  choices()[0].click();
  choices()[2].click();
  box.confirm(1, 0);
  draw(voteOf(1));
  assert.deepEqual(
    [sent, pressed(), status()],
    [
      [
        [1, 0],
        [1, 2],
      ],
      2,
      "<room.vote.sending said=C>",
    ],
  ); // prettier-ignore
  box.confirm(1, 2);
  draw(voteOf(1));
  assert.deepEqual([pressed(), status()], [2, "<room.vote.in said=C>"]);
});

test("after a reconnect what the server lacks is sent again, and nothing else", () => {
  draw(voteOf(1));
  choices()[0].click();
  sent = [];
  box.know({});
  assert.deepEqual(sent, [[1, 0]]);
  box.know({1: 2}); // an earlier answer
  assert.deepEqual(sent, [
    [1, 0],
    [1, 0],
  ]); // prettier-ignore
  sent = [];
  box.know({1: 0}); // it had come, only its confirmation had not
  box.know({1: 0});
  draw(voteOf(1));
  assert.deepEqual([sent, status()], [[], "<room.vote.in said=A>"]);
});

test("what was confirmed is not sent again, even where the same person has answered otherwise elsewhere", () => {
  draw(voteOf(1));
  choices()[0].click();
  box.confirm(1, 0);
  sent = [];
  box.know({1: 2});
  draw(voteOf(1));
  assert.deepEqual([sent, pressed(), status()], [[], 2, "<room.vote.in said=C>"]);
});

test("a refused answer falls back to what the server has, or to none", () => {
  draw(voteOf(1));
  choices()[1].click();
  box.confirm(1, 1);
  choices()[2].click();
  box.forget();
  draw(voteOf(1), 0);
  assert.deepEqual([pressed(), status()], [1, "<room.vote.in said=B>"]);
  draw(voteOf(2));
  choices()[0].click();
  box.forget();
  draw(voteOf(2), 0);
  assert.deepEqual([pressed(), status()], [-1, ""]);
  sent = [];
  box.know({1: 1});
  assert.deepEqual(sent, []);
});

test("the second vote begins without an answer, and says what it is", () => {
  draw(voteOf(1));
  assert.ok(box.again.hidden);
  choices()[1].click();
  draw(voteOf(2, 30, {again: true}));
  assert.deepEqual([box.again.hidden, pressed(), status()], [false, -1, ""]);
  assert.deepEqual([box.said(1), box.said(2)], [1, undefined]);
});

test("the first choice, 0, and the number 0 are answers like any other", () => {
  box.know({1: 0});
  draw(voteOf(1));
  assert.deepEqual([pressed(), status(), box.said(1)], [0, "<room.vote.in said=A>", 0]);
  draw(voteOf(1), 30, NUMBER);
  assert.equal(status(), "<room.vote.in said=0 %>");
});

test("a number is typed as people type numbers", () => {
  for (const [text, value] of [
    ["5", 5],
    [" 2,5 ", 2.5],
    ["2.5", 2.5],
    ["0", 0],
    ["12", 12],
    ["1e1", 10],
  ]) {
    sent = [];
    draw(voteOf(1), 30, NUMBER);
    assert.equal(type(text), "", text);
    assert.deepEqual(sent, [[1, value]], text);
  }
  assert.equal(status(), "<room.vote.sending said=10 %>");
});

test("what is no number, or out of range, is not sent", () => {
  draw(voteOf(1), 30, NUMBER);
  for (const text of ["", "many", "12,1", "-0.1", "1;2", "Infinity", "5 %"]) {
    assert.equal(type(text), "<room.vote.range low=0 high=12>", text);
    assert.deepEqual(sent, []);
  }
  assert.equal(type("3"), ""); // what was wrong is forgotten
  assert.deepEqual(sent, [[1, 3]]);
});

test("what is being typed stays while the clock runs, and cannot be sent once the vote is closed", () => {
  draw(voteOf(1), 30, NUMBER);
  const input = box.element.querySelector("input");
  input.value = "1";
  draw(voteOf(1, 29, {said: 4}), 29, NUMBER);
  assert.ok(box.element.querySelector("input") === input);
  assert.equal(input.value, "1");
  draw(voteOf(1), 0, NUMBER);
  assert.deepEqual([input.disabled, box.element.querySelector("button").disabled], [true, true]);
  type("1");
  assert.deepEqual(sent, []);
});

test("a question to talk about has nothing to answer with, and no clock", () => {
  draw(null, 0, OPEN);
  assert.deepEqual([box.element.querySelectorAll("button, input").length, seen(box.element)], [0, "Why?"]);
});

test("a choice is text, whatever stands in it", () => {
  const name = '<img src="x">';
  draw(voteOf(1), 30, {...CHOICE, choices: [name, "B"]});
  assert.deepEqual([choices()[0].textContent, choices()[0].children.length], [name, 0]);
});
