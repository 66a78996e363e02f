import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {happen, sized} from "./dom.js";
import {StudentPage} from "../../assets/lab/student.js"; // which looks for a page at once
import {CHOICE, load, NUMBER, OPEN, roomIn, seen, socketTo, voteOf} from "./room.js";
import {bidsOf, experimentOf, triedOf} from "./room/experiments.js";
import {hide, sockets, Storage, tick} from "./server.js";

const YOU = {type: "you", number: 7, alias: "Red Fox", said: {}};
const KNOB = {
  name: "b",
  label: "Level",
  symbol: "b",
  low: 0,
  high: 1,
  choices: [],
  integer: false,
  scale: "linear",
  value: 0.5,
  arm: 1,
}; // prettier-ignore
const main = () => document.querySelector("main");
const text = () => seen(main());
const room = () => socketTo("/lab/room");
const live = () => socketTo("/lab/live");
const say = (message) => room().say(message);
const answers = () =>
  room()
    .taken()
    .filter(({type}) => type !== "enter"); // prettier-ignore
const choose = (value) => main().querySelector(`[data-choice="${value}"]`).click();
const notice = () => seen(main().querySelector(".room-notice"));
const pressed = () => main().querySelector('[aria-pressed="true"]')?.textContent ?? null;
let page;
let lasting;

beforeEach(() => begin());

function begin(how = {}) {
  ({lasting} = load({room: "token", charts: []}, how));
  page = new StudentPage();
  sized(page.watcher.element, 300, 300);
  room().accept();
  say(YOU);
}

/** The connection is lost, and comes back. */
function comeBack(you = YOU) {
  room().drop();
  tick(1000);
  room().accept();
  say(you);
}

test("a device comes in by its secret of the room, the same after a drop and a reload", () => {
  const [{secret, ...entry}] = room().messages;
  assert.deepEqual(entry, {type: "enter", role: "student", room: "token"});
  comeBack();
  assert.equal(room().messages[0].secret, secret);
  begin({lasting});
  assert.equal(room().messages[0].secret, secret);
  begin({lasting: new Storage()});
  assert.notEqual(room().messages[0].secret, secret);
});

test("a browser that keeps nothing is in the room none the less, and the same after a drop", () => {
  const refusing = new Storage();
  refusing.refuses = true;
  begin({lasting: refusing});
  const [{secret}] = room().messages;
  comeBack();
  assert.equal(room().messages[0].secret, secret);
  say(roomIn("lobby"));
  assert.match(text(), /Red Fox/);
});

test("what is seen in each phase, and nothing else", () => {
  const table = {
    lobby: "<room.lobby> Lesson <room.alias alias=Red Fox>",
    run: "<room.place step=1 of=3> First step <room.alias alias=Red Fox> <room.run.none> <room.open>",
    explain:
      "<room.place step=1 of=3> First step <room.alias alias=Red Fox> <room.run.none> So it is. <room.misread> " +
      "So it is not. <room.open>",
    end: "<room.place step=1 of=3> Lesson <room.alias alias=Red Fox> <room.end>",
  };
  for (const [phase, expected] of Object.entries(table)) {
    say(roomIn(phase));
    assert.equal(text(), expected, phase);
  }
  say(roomIn("predict"));
  assert.equal(text(), "<room.place step=1 of=3> First step <room.alias alias=Red Fox> Which? A B C <room.vote.soon>");
  say(roomIn("predict", {vote: voteOf(1)}));
  assert.match(text(), /Which\? A B C <room.vote.left seconds=30>$/);
  say(roomIn("predict", {vote: voteOf(2, 30, {again: true})}));
  assert.match(text(), /<room.vote.again> Which\?/);
  say(roomIn("predict", {question: OPEN, asks: "open"}));
  assert.match(text(), /Why\?$/);
  say(roomIn("result", {vote: voteOf(1, 0)}));
  assert.equal(
    text(),
    "<room.place step=1 of=3> First step <room.alias alias=Red Fox> Which? A 1 B ✓ 2 C 0 <room.run.none> <room.open>",
  );
});

test("before the result nothing of the answer is on the page, not even hidden", () => {
  say(roomIn("predict", {vote: voteOf(1)}));
  choose(0);
  say({type: "taken", vote: 1, value: 0});
  for (const phase of ["predict", "run", "explain"]) {
    say(roomIn(phase, {vote: voteOf(1, 0)}));
    assert.equal(main().querySelectorAll(".room-bar, [data-right]").length, 0, phase);
    assert.doesNotMatch(main().innerHTML, /✓/);
  }
  assert.match(main().innerHTML, /So it is/);
  say(roomIn("result", {vote: voteOf(1, 0)}));
  assert.equal(main().querySelectorAll(".room-bar").length, 3);
  assert.deepEqual(
    [...main().querySelectorAll(".room-bar")].map((bar) => bar.hasAttribute("data-own")),
    [true, false, false],
  );
});

test("a vote counts down by the page's own clock, and closes then", () => {
  say(roomIn("predict", {vote: voteOf(1, 2)}));
  assert.match(text(), /<room.vote.left seconds=2>/);
  tick(1000);
  assert.match(text(), /<room.vote.left seconds=1>/);
  tick(1000);
  assert.match(text(), /<room.vote.closed>/);
  choose(0);
  assert.deepEqual(answers(), []);
});

test("an answer that was not confirmed is sent again after a reconnect", () => {
  say(roomIn("predict", {vote: voteOf(1)}));
  choose(2);
  assert.deepEqual(answers(), [{type: "answer", vote: 1, value: 2}]);
  comeBack();
  assert.deepEqual(answers(), [{type: "answer", vote: 1, value: 2}]);
  say({type: "taken", vote: 1, value: 2});
  assert.match(text(), /<room.vote.in said=C>/);
});

test("an answer that was given without a connection is sent when there is one", () => {
  say(roomIn("predict", {vote: voteOf(1)}));
  room().drop();
  choose(1);
  assert.match(text(), /<room.vote.sending said=B>/);
  tick(1000);
  room().accept();
  say(YOU);
  assert.deepEqual(answers(), [{type: "answer", vote: 1, value: 1}]);
});

test("an answer that was confirmed is not sent again", () => {
  say(roomIn("predict", {vote: voteOf(1)}));
  choose(2);
  say({type: "taken", vote: 1, value: 2});
  answers();
  comeBack({...YOU, said: {1: 2}});
  say(roomIn("predict", {vote: voteOf(1)}));
  assert.deepEqual([answers(), pressed()], [[], "C"]);
  comeBack({...YOU, said: {1: 0}}); // changed on this student's other tab
  say(roomIn("predict", {vote: voteOf(1)}));
  assert.deepEqual([answers(), pressed()], [[], "A"]);
});

test("a late answer falls back to what the server has, and why can be read", () => {
  say(roomIn("predict", {vote: voteOf(1)}));
  choose(0);
  say({type: "taken", vote: 1, value: 0});
  choose(1);
  say({type: "refused", about: "answer", why: "vote_closed", message: "an answer must come while its vote is open"});
  for (let i = 0; i < 4; i += 1) {
    say(roomIn("predict", {vote: voteOf(1, 0)}));
    tick(500);
    assert.deepEqual([notice(), pressed()], ["<room.refused.vote_closed>", "A"]);
  }
  tick(5000);
  assert.equal(notice(), "");
  comeBack({...YOU, said: {1: 0}});
  assert.deepEqual(answers(), []);
});

test("after a reload the answer is marked as it was", () => {
  begin({lasting});
  say({...YOU, said: {1: 1}});
  say(roomIn("predict", {vote: voteOf(1)}));
  assert.deepEqual([pressed(), answers()], ["B", []]);
  assert.match(text(), /<room.vote.in said=B>/);
});

test("a number is sent as it was typed, and said with its unit", () => {
  say(roomIn("predict", {question: NUMBER, vote: voteOf(1)}));
  const box = main().querySelector(".room-number");
  box.value = "3,5";
  happen(box.form, "submit");
  assert.deepEqual(answers(), [{type: "answer", vote: 1, value: 3.5}]);
  say({type: "taken", vote: 1, value: 3.5});
  assert.match(text(), /<room.vote.in said=3.5 %>/);
});

test("a lost connection is said until the room is heard of again", () => {
  say(roomIn("run"));
  room().drop();
  assert.equal(notice(), "<room.lost>");
  tick(1000);
  room().accept();
  say(roomIn("run"));
  assert.equal(notice(), "");
});

test("who is sent away, or not let in, is told why, is shown nothing more, and does not come back", () => {
  for (const [code, reason, key] of [
    [4403, "kicked", "kicked"],
    [4410, "full", "full"],
    [4410, "locked", "locked"],
    [4410, "closed", "closed"],
    [4410, "there is no such room", "gone"],
  ]) {
    begin();
    say(roomIn("run", {run: "run1", names: true}));
    live().accept();
    room().drop(code, reason);
    assert.equal(text(), `Lesson <room.over.${key}>`.replace("Lesson", "First step"));
    assert.equal(main().querySelectorAll("a, button, input, svg").length, 0);
    assert.equal(live().readyState, 3);
    const before = sockets.length;
    page.draw = () => assert.fail("it is over");
    tick(60_000);
    assert.deepEqual([sockets.length, text()], [before, `First step <room.over.${key}>`]);
  }
});

test("who is not let in has not heard of the room yet", () => {
  load({room: "token"});
  page = new StudentPage();
  room().accept();
  room().drop(4410, "full");
  assert.equal(text(), "Lesson <room.over.full>");
});

test("in a closed room nothing can be done, and it says so", () => {
  say(roomIn("run", {closed: true, run: "run1"}));
  assert.equal(text(), "<room.place step=1 of=3> First step <room.alias alias=Red Fox> <room.over.closed>");
});

test("the shared run is watched once it is shown, and the page of the lab opens beside", () => {
  live().accept();
  say(roomIn("predict", {run: "run1"}));
  assert.deepEqual(live().taken(), []);
  say(roomIn("run", {run: "run1"}));
  assert.deepEqual(live().taken(), [{type: "attach", run: "run1"}]);
  const link = main().querySelector("footer a");
  assert.deepEqual([link.hidden, link.getAttribute("href"), link.rel], [false, "/trick?seed=0", "noopener"]);
});

test("the wheel is there for whom it is for, for as long, and turns the run's knob", () => {
  const page_ = {...roomIn("run").page, knobs: [KNOB]};
  const wheel = () => main().querySelector(".room-wheel");
  const given = (person) => say(roomIn("run", {page: page_, wheel: {person, left_s: 2}}));
  given(3);
  assert.ok(wheel().hidden);
  given(7);
  assert.deepEqual([wheel().hidden, page.wheel.head.textContent], [false, "<room.wheel.yours seconds=2>"]);
  const range = wheel().querySelector("input");
  range.value = "40";
  happen(range, "input");
  tick(100);
  assert.deepEqual(answers(), [{type: "turn", name: "b", value: 0.2}]);
  tick(2000);
  assert.ok(wheel().hidden);
  given(7);
  say(roomIn("run", {page: page_}));
  assert.ok(wheel().hidden);
  say(roomIn("predict", {page: page_, wheel: {person: 7, left_s: 9}}));
  assert.ok(wheel().hidden);
});

test("a name can be set where the teacher allows it, and is called as the server has it", () => {
  const form = () => main().querySelector(".room-rename");
  say(roomIn("lobby"));
  assert.ok(form().hidden);
  say(roomIn("lobby", {names: true}));
  assert.ok(!form().hidden);
  form().querySelector("input").value = "Ada";
  happen(form(), "submit");
  assert.deepEqual(answers(), [{type: "call", name: "Ada"}]);
  say({...YOU, alias: "<i>Ada</i>"});
  assert.match(text(), /<room.alias alias=<i>Ada<\/i>>/);
  assert.equal(main().querySelector("i"), null);
});

test("what is drawn stays as it is while nothing is new", () => {
  say(roomIn("explain"));
  const part = main().querySelector(".room-text p");
  say(roomIn("explain", {here: 9}));
  tick(1000);
  assert.ok(part.isConnected);
  say(roomIn("result", {vote: voteOf(1, 0)}));
  const bar = main().querySelector(".room-bar");
  say(roomIn("result", {vote: voteOf(1, 0), here: 8}));
  assert.ok(bar.isConnected);
  say(roomIn("result", {vote: voteOf(2, 0), result: {first: [1, 2, 0], second: [0, 3, 0], right: {choice: 1}}}));
  assert.ok(!bar.isConnected);
});

test("a page that was asleep is where the room is when it wakes", () => {
  hide(true);
  say(roomIn("predict", {question: CHOICE, vote: voteOf(1)}));
  say(roomIn("run", {step: 1, heading: "Second step"}));
  hide(false);
  assert.match(text(), /<room.place step=2 of=3> Second step/);
});

test("an experiment is chosen for, waited for and seen, while the shared run stays attached", () => {
  say(roomIn("run", {run: "abc"}));
  live().accept();
  const shown = {...roomIn("run").page, bids: [KNOB]};
  say(roomIn("experiment", {run: "abc", page: shown, experiment: bidsOf({number: 2})}));
  assert.match(text(), /room.part.choose/);
  main().querySelector("[data-action=bid]").click();
  assert.deepEqual(answers(), [{type: "bid", experiment: 2, values: [0.5]}]);
  say({...YOU, part: {number: 2, bid: [0.5], place: 3, value: [0.5]}});
  say(
    roomIn("experiment", {
      run: "abc",
      page: shown,
      experiment: experimentOf({number: 2, kind: "settings", knobs: ["b"]}),
    }),
  );
  assert.match(text(), /<room.part.setting setting=Level b = 0.5>/);
  assert.doesNotMatch(text(), /room.run/);
  assert.deepEqual(
    live()
      .taken()
      .filter(({type}) => type === "attach"),
    [{type: "attach", run: "abc"}],
  );
  sized(page.part.element, 300, 300);
  say(triedOf({experiment: 2}));
  assert.match(text(), /<room.part.finals metric=test loss>/);
  assert.match(main().querySelector(".room-link").getAttribute("href"), /study=s1%3Ab$/);
});
