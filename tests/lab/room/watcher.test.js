import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {Watcher} from "../../../assets/lab/room/watcher.js";
import {sized} from "../dom.js";
import {CONFIG, t} from "../room.js";
import {hide, resize, sockets, tick, visit} from "../server.js";

const CHARTS = [{title: "loss", traces: ["loss"], log: false}];
const SPEC = {arms: [{}, {}]};
let watcher;
let scheme; // the system's
let accent;
const newest = () => sockets.at(-1);
const line = () => watcher.line.textContent;
const svg = () => watcher.element.querySelector("svg");
const keys = () => [...watcher.key.children].map((arm) => [arm.textContent, arm.getAttribute("style")]);
const values = (...list) => [
  {group: "row", arm: 0, name: "step", values: list.map((_, i) => i)},
  {group: "row", arm: 0, name: "loss", values: list},
];
const snapshot = (run = "run1", more = {}) =>
  newest().tell(
    {type: "snapshot", run, spec: SPEC, called: ["without", "with"], steps: 10, step: 1, state: "running", ...more},
    values(2, 1),
  );
const rows = (more = {}) => newest().tell({type: "rows", step: 2, ...more}, []);

beforeEach(() => {
  visit();
  accent = "#0000ff";
  scheme = new EventTarget();
  globalThis.matchMedia = /** @type {any} */ (() => scheme);
  globalThis.getComputedStyle = /** @type {any} */ (
    () => ({getPropertyValue: (name) => (name === "--st-primary-color" ? accent : "")})
  );
  watcher = new Watcher(CONFIG, t);
  document.body.append(watcher.element);
  sized(watcher.element, 300, 400);
});

test("until there is a run it says that there is none, and asks for none", () => {
  newest().accept();
  watcher.watch("", CHARTS);
  assert.deepEqual([line(), newest().messages, watcher.place.hidden], ["<room.run.none>", [], true]);
});

test("it asks for the room's run, also on each new connection", () => {
  watcher.watch("run1", CHARTS);
  newest().accept();
  assert.deepEqual(newest().taken(), [{type: "attach", run: "run1"}]);
  watcher.watch("run2", CHARTS);
  assert.deepEqual(newest().taken(), [{type: "attach", run: "run2"}]);
  watcher.watch("run2", CHARTS);
  assert.deepEqual(newest().taken(), []);
  newest().drop();
  tick(1000);
  newest().accept();
  assert.deepEqual(newest().taken(), [{type: "attach", run: "run2"}]);
});

test("the run is drawn as it goes, with who is which", () => {
  watcher.watch("run1", CHARTS);
  newest().accept();
  snapshot();
  tick(20);
  assert.deepEqual([line(), watcher.place.hidden], ["<room.run.running step=1 steps=10>", false]);
  assert.ok(svg().querySelectorAll("path").length === 2);
  assert.deepEqual(keys(), [
    ["without", "--arm: #6f7378"],
    ["with", "--arm: rgb(0,0,255)"],
  ]);
  assert.deepEqual(
    [...watcher.key.children].map((arm) => arm.hasAttribute("data-first")),
    [true, false],
  );
  rows({state: "paused"});
  tick(20);
  assert.equal(line(), "<room.run.paused step=2 steps=10>");
});

test("frames of another run than the room's change nothing", () => {
  watcher.watch("run1", CHARTS);
  newest().accept();
  rows(); // of what was watched before
  snapshot("run0");
  tick(20);
  assert.equal(line(), "<room.run.none>");
  snapshot();
  tick(20);
  watcher.watch("run2", CHARTS);
  rows();
  snapshot("run1");
  tick(20);
  assert.equal(line(), "<room.run.none>");
});

test("many frames are drawn at most once in a frame of the screen", () => {
  watcher.watch("run1", CHARTS);
  newest().accept();
  snapshot();
  tick(20);
  let times = 0;
  const [chart] = watcher.charts;
  const {draw} = chart;
  chart.draw = (...given) => {
    times += 1;
    draw.apply(chart, given);
  };
  for (let step = 2; step < 10; step += 1) rows({step});
  tick(16);
  assert.equal(times, 1);
  assert.equal(line(), "<room.run.running step=9 steps=10>");
  watcher.watch("run1", CHARTS); // nothing is new
  tick(100);
  assert.equal(times, 1);
  rows({step: 10}); // long after the last it is drawn at once
  assert.equal(times, 2);
});

test("a page that nobody sees draws nothing until it is seen", () => {
  watcher.watch("run1", CHARTS);
  newest().accept();
  hide(true);
  snapshot();
  tick(100);
  assert.deepEqual([line(), svg().children.length], ["<room.run.none>", 0]);
  hide(false);
  document.dispatchEvent(new document.defaultView.Event("visibilitychange"));
  tick(20);
  assert.deepEqual([line(), svg().children.length > 0], ["<room.run.running step=1 steps=10>", true]);
});

test("charts are as wide as their place, and colored as the system's scheme is now", () => {
  watcher.watch("run1", CHARTS);
  newest().accept();
  snapshot();
  tick(20);
  assert.equal(svg().getAttribute("width"), "300");
  sized(watcher.element, 500, 400);
  resize(watcher.element);
  tick(20);
  assert.equal(svg().getAttribute("width"), "500");
  accent = "#00ff00";
  scheme.dispatchEvent(new Event("change"));
  tick(20);
  assert.equal(keys()[1][1], "--arm: rgb(0,255,0)");
  assert.equal(svg().querySelectorAll("path")[1].getAttribute("stroke"), "rgb(0,255,0)");
});

test("where there is no place for charts none is drawn", () => {
  watcher.watch("run1", CHARTS);
  sized(watcher.element, 0, 0);
  newest().accept();
  snapshot();
  tick(20);
  assert.equal(svg().children.length, 0);
});

test("another step has charts of its own", () => {
  watcher.watch("run1", CHARTS);
  const [before] = watcher.charts;
  watcher.watch("run1", [...CHARTS, {title: "rate", traces: ["lr"], log: true}]);
  assert.deepEqual(
    [...watcher.element.querySelectorAll("figcaption")].map(({textContent}) => textContent),
    ["loss", "rate"],
  );
  assert.ok(watcher.charts[0] !== before);
});

test("more arms than colors are drawn none the less", () => {
  watcher.watch("run1", CHARTS);
  newest().accept();
  snapshot("run1", {spec: {arms: Array.from({length: 9}, () => ({}))}, called: Array.from("abcdefghi")});
  tick(20);
  assert.equal(keys().length, 9);
  assert.doesNotMatch(watcher.element.innerHTML, /undefined/);
});

test("a knob stands where the run has it: of an arm, of all, or where it began", () => {
  const [b, lr] = [
    {name: "b", arm: 1, value: 0.5},
    {name: "lr", arm: null, value: 0.1},
  ];
  assert.deepEqual([watcher.held(b), watcher.held(lr)], [0.5, 0.1]);
  watcher.watch("run1", CHARTS);
  newest().accept();
  snapshot("run1", {knobs: [{}, {b: 0}], settings: {lr: 0.3}});
  assert.deepEqual([watcher.held(b), watcher.held(lr)], [0, 0.3]);
  rows({knobs: [{}, {b: 2}], settings: {}});
  assert.deepEqual([watcher.held(b), watcher.held(lr)], [2, 0.1]);
});

test("closed, it neither comes back nor draws", () => {
  watcher.watch("run1", CHARTS);
  newest().accept();
  snapshot();
  tick(20);
  const before = watcher.element.innerHTML;
  watcher.close();
  assert.equal(newest().readyState, 3);
  sized(watcher.element, 500, 400);
  resize(watcher.element);
  accent = "#00ff00";
  scheme.dispatchEvent(new Event("change"));
  document.dispatchEvent(new document.defaultView.Event("visibilitychange"));
  tick(20_000);
  assert.deepEqual([sockets.length, watcher.element.innerHTML === before], [1, true]);
});
