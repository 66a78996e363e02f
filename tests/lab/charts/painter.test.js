import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {loadPlotly, Painter} from "../../../assets/lab/charts/painter.js";

const FRAME_MS = 10;
let now; // of a screen whose frames come every 10 ms, on the clock that the painter reads
let frames; // what is asked for the next frame
let timers; // [at, call, id]
let drawn; // [chart, time] of each drawing
let reported;

function reset() {
  now = 0;
  frames = new Map();
  timers = [];
  drawn = [];
  reported = [];
  let id = 0;
  performance.now = () => now;
  globalThis.requestAnimationFrame = (call) => {
    id += 1;
    frames.set(id, call);
    return id;
  };
  globalThis.cancelAnimationFrame = (given) => frames.delete(given);
  globalThis.setTimeout = (call, wait = 0) => {
    id += 1;
    timers.push([now + wait, call, id]);
    return id;
  };
  globalThis.clearTimeout = (given) => {
    timers = timers.filter(([, , one]) => one !== given);
  };
  globalThis.reportError = (error) => reported.push(error.message);
}
beforeEach(reset);

/** Lets so many frames of the screen pass; after each, the timers that have run out. */
function pass(count) {
  for (let i = 0; i < count; i += 1) {
    const began = now;
    const asked = [...frames.values()];
    frames.clear();
    for (const call of asked) call(began);
    now = Math.max(now, began + FRAME_MS);
    const due = timers.filter(([at]) => at <= now);
    timers = timers.filter(([at]) => at > now);
    for (const [, call] of due) call();
  }
}

function chart(name, {took = 1, paint} = {}) {
  return {
    name,
    due: true,
    paint() {
      this.due = false;
      drawn.push([name, now]);
      now += took;
      paint?.call(this);
    },
  };
}

function painting(...charts) {
  const painter = new Painter();
  for (const one of charts) painter.charts.add(one);
  return painter;
}

const names = () => drawn.map(([name]) => name).join("");
const times = () => drawn.map(([, at]) => at);

test("one chart is drawn in a frame, each once, in their order, and what is not due is not drawn", () => {
  const hidden = {...chart("x"), due: false};
  const painter = painting(chart("a"), hidden, chart("b"), chart("c"));
  painter.wake();
  painter.wake();
  assert.equal(frames.size, 1);
  pass(9);
  assert.deepEqual(drawn, [
    ["a", 0],
    ["b", 10],
    ["c", 20],
  ]);
});

test("a round is finished before a chart has its turn again", () => {
  const busy = chart("a");
  const painter = painting(busy, chart("b"), chart("c"));
  painter.wake();
  for (let i = 0; i < 12; i += 1) {
    pass(1);
    busy.due = true;
    painter.wake();
  }
  assert.equal(names(), "abca");
  assert.deepEqual(times(), [0, 10, 20, 100]); // 80 ms after the round's last frame
});

test("the pause is twice what the round took to draw, from 80 ms to 400", () => {
  for (const [took, pause] of [
    [5, 80],
    [60, 240],
    [300, 400],
  ]) {
    reset();
    const [a, b] = [chart("a", {took}), chart("b", {took})];
    const painter = painting(a, b);
    painter.wake();
    pass(2);
    const [, last] = times();
    a.due = true;
    painter.wake();
    for (let i = 0; drawn.length < 3 && i < 99; i += 1) pass(1);
    assert.equal(times()[2], last + pause, `${took} ms each`);
    b.due = true;
    painter.wake();
    for (let i = 0; drawn.length < 4 && i < 99; i += 1) pass(1);
    assert.equal(times()[3], times()[2] + Math.min(Math.max(80, 2 * took), 400)); // only that round counts
  }
});

test("what a person waits for starts with the first again, at once and once a round", () => {
  const charts = ["a", "b", "c", "d"].map((name) => chart(name));
  const painter = painting(...charts);
  const touch = () => {
    for (const one of charts) one.due = true;
    painter.wake(true);
  };
  painter.wake();
  pass(2); // a b
  touch();
  pass(2); // a b: the round begins anew
  touch();
  pass(2); // c d: the round that took its place is finished
  assert.equal(names(), "ababcd");
  pass(4); // and what the last press left to draw has no pause before it
  assert.equal(names(), "ababcdab");
  assert.deepEqual(times(), [0, 10, 20, 30, 40, 50, 60, 70]);
  charts[0].due = true;
  painter.wake(); // no hurry any more
  pass(20);
  assert.equal(times().at(-1), 150);
  for (const one of charts) one.due = true;
  painter.wake();
  pass(2); // a b
  touch();
  pass(2); // a b again: each round may be replaced once
  assert.equal(names().slice(9), "abab");
});

test("a round whose charts went away begins anew like any other", () => {
  const charts = ["a", "b", "c"].map((name) => chart(name));
  const painter = painting(...charts);
  painter.wake();
  pass(1);
  for (const one of charts) one.due = false;
  painter.wake(true);
  pass(1);
  for (const one of charts) one.due = true;
  painter.wake(true);
  pass(2);
  painter.wake(true);
  charts[0].due = true;
  pass(3);
  assert.equal(names(), "aabac");
});

test("a chart that fails is reported, and the others go on", () => {
  const fail = () => {
    throw new Error("no room");
  };
  painting(chart("a", {paint: fail}), chart("b")).wake();
  pass(3);
  assert.deepEqual([names(), ...reported], ["ab", "no room"]);
});

test("it is idle when nothing waits to be drawn, and says when that changes", () => {
  const one = chart("a");
  const painter = painting(one, chart("b"));
  const told = [];
  painter.changed = (idle) => told.push([idle, names(), painter.idle]);
  assert.equal(painter.idle, true);
  painter.wake();
  painter.wake();
  assert.deepEqual(told, [[false, "", false]]);
  pass(5);
  assert.deepEqual(told.slice(1), [[true, "ab", true]]);
  one.due = true;
  painter.wake();
  pass(1); // it waits for the pause's end
  assert.equal(painter.idle, false);
  pass(10);
  assert.deepEqual(told.slice(2), [
    [false, "ab", false],
    [true, "aba", true],
  ]);
  pass(20);
  painter.wake(); // of nothing that is due
  pass(2);
  assert.deepEqual(told.slice(4), [
    [false, "aba", false],
    [true, "aba", true],
  ]);
  assert.deepEqual(reported, []);
  told.length = 0;
  const waking = painting(chart("c", {paint: () => waking.wake()}));
  waking.changed = painter.changed;
  waking.wake();
  pass(20);
  assert.equal(told.length, 2); // idle once there is no frame to come
});

test("what a chart asks for while it is drawn is drawn next", () => {
  const late = {...chart("b"), due: false};
  const painter = painting(
    chart("a", {
      paint: () => {
        late.due = true;
        painter.wake(true);
      },
    }),
    late,
  );
  painter.wake();
  pass(4);
  assert.deepEqual(drawn, [
    ["a", 0],
    ["b", 10],
  ]);
  assert.equal(painter.idle, true);
});

test("stopped, it draws nothing any more", () => {
  const one = chart("a");
  for (const before of [0, 1, 2]) {
    reset();
    const painter = painting(one, chart("b"), chart("c"));
    painter.wake();
    pass(before);
    painter.stop();
    assert.deepEqual([painter.idle, frames.size, timers.length], [true, 0, 0]);
    pass(9);
    assert.equal(drawn.length, before);
    painter.wake();
    pass(3);
    assert.deepEqual([drawn.length, painter.idle, reported], [before, true, []]);
  }
});

test("plotly.js is loaded once, after what is on the page is seen, and again where that failed", async () => {
  const scripts = [];
  globalThis.window = {};
  const createElement = (tag) => {
    const script = {tag, append() {}, setAttribute: (name, value) => Object.assign(script, {[name]: value})};
    return script;
  };
  globalThis.document = {createElement, head: {append: (script) => scripts.push(script)}};
  const first = loadPlotly("plotly.js");
  assert.equal(loadPlotly("plotly.js"), first);
  assert.equal(scripts.length, 0);
  pass(1);
  assert.equal(scripts.length, 1);
  assert.deepEqual([scripts[0].tag, scripts[0].src, scripts[0].async], ["script", "plotly.js", ""]);
  scripts[0].onerror();
  await assert.rejects(first, {message: "plotly.js"});
  const second = loadPlotly("plotly.js");
  pass(1);
  window.Plotly = {};
  scripts[1].onload();
  assert.equal(await second, window.Plotly);
  assert.equal(await loadPlotly("plotly.js"), window.Plotly);
  assert.equal(scripts.length, 2);
});

test("a chart out of view is drawn once a second, and at once when it comes into view", () => {
  const painter = new Painter();
  const [near, far] = [chart("n"), chart("f")];
  for (const one of [near, far]) painter.charts.add(one);
  painter.see(far, false);
  painter.wake();
  pass(5);
  assert.equal(names(), "nf"); // the first time it is drawn like the others
  for (let i = 0; i < 5; i += 1) {
    near.due = far.due = true;
    painter.wake();
    pass(10);
  }
  assert.equal(names(), "nfnnnnn");
  assert.equal(painter.idle, false); // the other is owed
  pass(100);
  assert.deepEqual([names().at(-1), painter.idle], ["f", true]);
  far.due = true;
  painter.wake();
  pass(10);
  assert.equal(names().length, 8);
  painter.see(far, true);
  pass(10);
  assert.deepEqual([names().length, names().at(-1), painter.idle], [9, "f", true]);
  painter.see(far, false);
  painter.see(far, true);
  pass(10);
  assert.equal(names().length, 9);
});
