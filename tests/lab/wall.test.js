import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import "./dom.js";
import {WallPage} from "../../assets/lab/wall.js"; // which looks for a page at once
import {CHOICE, load, NUMBER, OPEN, roomIn, seen, socketTo, voteOf} from "./room.js";
import {experimentOf} from "./room/experiments.js";
import {happen, tick} from "./server.js";

const WAY = {typed: "10.0.0.2:8501/join", qr: "<svg></svg>"};
const main = () => document.querySelector("main");
const room = () => socketTo("/lab/room");
const taken = () =>
  room()
    .taken()
    .filter(({type}) => type !== "enter"); // prettier-ignore
const text = (part) => seen(main().querySelector(part));
const notice = () => text(".room-notice");
const body = () => text(".wall-body");
const frame = () => main().querySelector("iframe");
const say = (phase, more) => room().say(roomIn(phase, {code: "ABC234", locked: false, ...more}));
const click = (action) => main().querySelector(`[data-action=${action}]`).click();

/** Something is posted to the page, by the lab within unless otherwise. */
const post = (data, {source = frame().contentWindow, origin = "http://lab.test"} = {}) =>
  happen("message", {data, source, origin});
const show = (run, from) => post({type: "trick-lab-run", run}, from);

beforeEach(() => {
  load({joins: [WAY]}, {path: "/wall/r1"});
  new WallPage();
  Object.defineProperty(frame(), "contentWindow", {value: {}}); // nothing is loaded
  room().accept();
});

test("it comes in as the wall", () => {
  assert.deepEqual(room().messages, [{type: "enter", role: "wall", room: "r1"}]);
});

test("what is seen in each phase, and nothing else", () => {
  say("lobby");
  assert.equal(text(".wall-head"), "Lesson <room.here count=3>");
  assert.equal(body(), "<room.wall.typed address=10.0.0.2:8501/join> ABC 234 <room.joined count=4>");
  say("predict", {vote: voteOf(1, 30, {said: 2})});
  assert.equal(
    text(".wall-head"),
    "First step <room.place step=1 of=3> <room.wall.clock seconds=30 said=2> <room.here count=3> ABC 234",
  );
  assert.equal(body(), "Which? A B C");
  say("predict", {question: OPEN, asks: "open"});
  assert.equal(body(), "Why?");
  say("predict", {question: NUMBER});
  assert.equal(body(), "How many?");
  say("run");
  assert.deepEqual([body(), frame().hidden], ["", false]);
  say("explain");
  assert.deepEqual([body(), frame().hidden], ["So it is.", false]);
  say("result");
  assert.deepEqual([body(), frame().hidden], ["Which? A 1 B ✓ 2 C 0", true]);
  say("end");
  assert.deepEqual([body(), text("h1")], ["", "Lesson"]);
  say("lobby", {step: 1});
  assert.equal(text("h1"), "First step"); // that step's own heading
  assert.match(body(), /ABC 234/);
});

test("before the result nothing on it tells the answer, or how many said what", () => {
  for (const phase of ["lobby", "predict", "run", "explain"]) {
    say(phase, {vote: voteOf(1, 0, {said: 3})});
    assert.equal(main().querySelectorAll(".room-bar, [data-right]").length, 0, phase);
  }
  say("result");
  assert.equal(main().querySelectorAll(".room-bar").length, 3);
});

test("a vote's clock runs by itself, and goes when it is over", () => {
  say("predict", {vote: voteOf(1, 1.5, {said: 1})});
  const clock = () => text(".wall-clock");
  assert.equal(clock(), "<room.wall.clock seconds=2 said=1>");
  tick(500);
  assert.equal(clock(), "<room.wall.clock seconds=1 said=1>");
  tick(1000);
  assert.equal(clock(), "");
});

test("the lab within shows the step's page, loaded once while it is shown", () => {
  say("lobby");
  assert.equal(frame().getAttribute("src"), null);
  say("run");
  assert.match(frame().getAttribute("src"), /seed=0&view=present&autostart=1$/);
  let loads = 0;
  Object.defineProperty(frame(), "src", {set: () => (loads += 1)});
  for (const phase of ["explain", "result", "run"]) say(phase);
  assert.equal(loads, 0);
  say("predict", {step: 1});
  assert.equal(loads, 0);
  say("run", {step: 1}); // the same page, but another run
  assert.equal(loads, 1);
});

test("the run that the lab within watches is shown to the class", () => {
  say("run");
  show("run1");
  assert.deepEqual(taken(), [{type: "show", run: "run1"}]);
  show("run2");
  assert.deepEqual(taken(), [{type: "show", run: "run2"}]);
});

test("of a run it hears from that frame and this origin alone, and of nothing else", () => {
  say("run");
  show("run1", {source: {}});
  show("run1", {source: null});
  show("run1", {origin: "http://other.test"});
  show("run1", {origin: "null"});
  show(null);
  show("");
  post({type: "other", run: "run1"});
  post("run1");
  post(null);
  post(undefined);
  assert.deepEqual(taken(), []);
});

test("a run that the room has already is watched, and one that another window has begun since", () => {
  say("run", {run: "run1"});
  assert.match(frame().getAttribute("src"), /view=present&run=run1$/);
  show("run1");
  assert.deepEqual(taken(), []);
  say("explain", {run: "run1"});
  say("run", {run: "run2"});
  assert.match(frame().getAttribute("src"), /run=run2$/);
  show("run2");
  show("run3"); // begun here
  assert.deepEqual(taken(), [{type: "show", run: "run3"}]);
  const address = frame().getAttribute("src");
  say("run", {run: "run2"}); // as the room stood before it heard
  say("run", {run: "run3"});
  assert.equal(frame().getAttribute("src"), address);
});

test("the run of a step that was left is shown no more", () => {
  say("run");
  show("run1");
  taken();
  say("predict", {step: 1});
  show("run1"); // the frame still has the page of before
  assert.deepEqual(taken(), []);
  say("run", {step: 1});
  show("run3");
  assert.deepEqual(taken(), [{type: "show", run: "run3"}]);
});

test("a run that began without a connection is shown when there is one, once, unless the step was left", () => {
  say("run");
  room().drop();
  show("run1");
  const comeBack = (more) => {
    tick(1000);
    room().accept();
    say("run", more);
  };
  comeBack();
  assert.deepEqual(taken(), [{type: "show", run: "run1"}]);
  say("run");
  assert.deepEqual(taken(), []);
  room().drop();
  show("run2");
  comeBack({step: 1});
  say("run", {step: 1});
  assert.deepEqual(taken(), []);
});

test("next and back go through the lesson, by buttons and by a clicker", () => {
  say("run", {step: 1});
  assert.equal(text("[data-action=next]"), "<room.next.explain>");
  const [on, back] = [
    {type: "go", step: 1, phase: "explain"},
    {type: "go", step: 0, phase: "run"},
  ];
  click("next");
  click("back");
  assert.deepEqual(taken(), [on, back]);
  assert.deepEqual(["PageDown", "PageUp", "Enter", "ArrowDown"].map(key), [true, true, false, false]);
  assert.deepEqual(taken(), [on, back]);
  assert.deepEqual(["ArrowRight", "ArrowLeft"].map(key), [true, true]);
  assert.deepEqual(taken(), [on, back]);
});

/** A key is pressed; whether the page does something with it. */
function key(name) {
  let isTaken = false;
  happen("keydown", {key: name, preventDefault: () => (isTaken = true)});
  return isTaken;
}

test("where a choice or a dialog has the keys, a clicker's are left to it", () => {
  say("run", {step: 1});
  for (const part of [".wall-card select", "dialog button"]) {
    main().querySelector(part).focus();
    assert.ok(!key("PageDown"), part);
    assert.deepEqual(taken(), []);
    document.activeElement.blur();
  }
  assert.ok(key("PageDown"));
});

test("at its ends there is no back, or no next, and before the room is known neither does anything", () => {
  click("next");
  click("back");
  assert.deepEqual(taken(), []);
  const hidden = (action) => main().querySelector(`[data-action=${action}]`).hidden;
  say("lobby");
  assert.deepEqual([hidden("back"), hidden("next")], [true, false]);
  say("end", {step: 2});
  assert.deepEqual([hidden("back"), hidden("next")], [false, true]);
  say("run", {closed: true});
  assert.deepEqual([hidden("back"), hidden("next"), frame().hidden], [true, true, true]);
});

test("what is the matter is said, and why something was not done", () => {
  say("run");
  room().drop();
  assert.equal(notice(), "<room.lost>");
  tick(1000);
  room().accept();
  say("run");
  assert.equal(notice(), "");
  room().say({type: "refused", about: "ask", why: "vote_open", message: ""});
  say("run");
  assert.equal(notice(), "<room.refused.vote_open>");
  say("run", {closed: true, code: null});
  assert.deepEqual([notice(), body()], ["<room.over.closed>", ""]);
  room().drop(4410, "there is no such room");
  assert.equal(notice(), "<room.over.gone>");
});

test("choices are text, and what is drawn stays while nothing is new", () => {
  const name = "<i>A</i>";
  say("predict", {question: {...CHOICE, choices: [name, "B"]}});
  assert.equal(main().querySelector(".wall-choices li").textContent, name);
  const item = main().querySelector(".wall-choices li");
  say("predict", {question: {...CHOICE, choices: [name, "B"]}, here: 9});
  assert.ok(item.isConnected);
  say("result");
  const bar = main().querySelector(".room-bar");
  say("result", {here: 8});
  assert.ok(bar.isConnected);
});

test("one who is here is one", () => {
  say("lobby", {here: 1, joined: 1});
  assert.deepEqual([text(".wall-count"), text(".wall-joined")], ["<room.here.one>", "<room.joined.one>"]);
});

test("an experiment stands in place of the run, which stays in its frame", () => {
  say("run");
  const before = frame().src;
  const picture = {values: [0, 1], dots: [[0, 1, 0.5]], bands: [], lines: [], notes: []};
  say("experiment", {experiment: experimentOf(), picture});
  assert.deepEqual([frame().hidden, frame().src], [true, before]);
  assert.match(body(), /<room.wall.seeds places=8>/);
  assert.equal(main().querySelectorAll(".dot").length, 1);
  say("run");
  assert.deepEqual([frame().hidden, frame().src, body()], [false, before, ""]);
});
