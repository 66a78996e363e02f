import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {RunPage} from "../../assets/lab/run_page.js";
import {pass, sockets, visit} from "./server.js";

const CONFIG = {labels: {}, metrics: [], knobs: [], socket: "live", version: 1, limits: {first_explored_seed: 100}};

let said = [];
let refreshed = 0;

class Page extends RunPage {
  seed = 3;
  voice = {say: (kind, text) => text && said.push([kind, text])};

  constructor() {
    super(document.body, CONFIG, {}, false, "trick");
  }
  settings() {
    return {task: "task", seed: this.seed};
  }
  setSeed(seed) {
    this.seed = seed;
  }
  message(options) {
    return {type: "start", seed: this.seed, ...options};
  }
  take(header, arrays) {
    if (header.type !== "snapshot") return super.take(header, arrays);
    const {run, state} = header;
    this.store = {run, state};
    this.answered(run);
    this.firstStep();
  }
  refresh() {
    refreshed += 1;
  }
}

let page;
const newest = () => sockets.at(-1);
const taken = () => newest().taken();
const tell = (state, run = "r1") => newest().tell({type: "snapshot", run, state});
const turnOver = (role, run = "r1") => newest().tell({type: "wheel", run, role});

beforeEach(async () => {
  said = [];
  visit();
  page = new Page();
  page.open();
  newest().accept();
  await pass();
});

test("what runs is paused, what is paused goes on, and else a run is started", () => {
  page.toggle();
  assert.deepEqual(taken(), [{type: "start", seed: 3}]);
  for (const [state, expected] of [
    ["running", "pause"],
    ["paused", "resume"],
    ["finished", "start"],
    ["failed", "start"],
    ["interrupted", "resume"],
  ]) {
    tell(state);
    page.toggle();
    assert.equal(taken()[0].type, expected);
  }
});

test("somebody else's interrupted run is not gone on with: one of one's own is started", () => {
  tell("interrupted");
  page.become("visit");
  page.toggle();
  assert.equal(taken()[0].type, "start");
  page.become("steer");
});

test("a run that is over makes no more steps", () => {
  const active = ["running", "paused", "finished", "stopped", null].map((state) => {
    page.store.state = state;
    return page.active;
  });
  assert.deepEqual(active, [true, true, false, false, false]);
});

test("whoever looks on starts a run of its own, and neither pauses nor steps that one", () => {
  for (const role of ["watch", "visit"])
    for (const state of ["running", "paused"]) {
      page.starting = false;
      tell(state);
      turnOver(role);
      assert.deepEqual([page.looksOn, page.isDead("step"), page.isDead("run")], [true, true, false]);
      page.oneStep();
      assert.deepEqual(taken(), []);
      page.toggle();
      assert.deepEqual(taken(), [{type: "start", seed: 3}]);
    }
});

test("who steers is said of a run that goes on, and whose it is of any", () => {
  assert.equal(page.wheel, "steer");
  tell("running");
  const before = refreshed;
  turnOver("watch");
  assert.deepEqual([page.role, page.wheel, refreshed], ["watch", "watch", before + 1]);
  page.store.state = "finished";
  assert.deepEqual([page.wheel, page.looksOn, page.isDead("step")], ["steer", false, false]);
  turnOver("visit");
  assert.deepEqual([page.wheel, page.looksOn], ["visit", false]);
  page.store = {run: null, state: null};
  assert.equal(page.wheel, "steer");
});

test("a tab steers each run that it begins to watch, until the server says otherwise of that run", async () => {
  tell("running");
  turnOver("watch", "r0"); // of one before
  assert.equal(page.role, "steer");
  turnOver("watch");
  tell("running"); // a worker died
  assert.equal(page.role, "watch");
  turnOver("steer"); // it has taken over
  assert.equal(page.role, "steer");
  turnOver("visit");
  newest().drop();
  assert.equal(page.role, "visit");
  await pass(8000);
  newest().accept();
  tell("running");
  assert.equal(page.role, "steer");
  turnOver("visit");
  tell("running", "r2");
  assert.equal(page.role, "steer");
});

test("one step of what runs pauses it", () => {
  tell("running");
  page.oneStep();
  assert.deepEqual(taken(), [{type: "pause"}, {type: "step"}]);
  tell("paused");
  page.oneStep();
  assert.deepEqual(taken(), [{type: "step"}]);
});

test("one step of nothing is the first of a paused run, and asked for once", () => {
  page.oneStep();
  page.oneStep();
  assert.deepEqual(taken(), [{type: "start", seed: 3, paused: true, stepping: true}]);
  tell("paused");
  assert.deepEqual(taken(), [{type: "step"}]);
  page.restart();
  tell("running");
  assert.deepEqual(taken(), [{type: "start", seed: 3}]);
});

test("a run that comes after one that was begun by a step, by a branch say, is not stepped", () => {
  page.oneStep();
  tell("paused");
  tell("paused", "a branch");
  assert.deepEqual(taken(), [{type: "start", seed: 3, paused: true, stepping: true}, {type: "step"}]);
});

test("a first step that was refused is not made of another run", () => {
  page.oneStep();
  newest().tell({type: "refused", about: "start", rule: "busy", name: "", parts: {}, message: "no"});
  tell("paused");
  assert.deepEqual(taken(), [{type: "start", seed: 3, paused: true, stepping: true}]);
});

test("a first step whose start was lost is made all the same", async () => {
  page.oneStep();
  newest().drop();
  await pass(8000);
  newest().accept();
  tell("paused");
  assert.deepEqual(taken(), [{type: "start", seed: 3, paused: true, stepping: true, again: true}, {type: "step"}]);
});

test("a new run's first step is asked for by nobody where nothing was started", () => {
  tell("paused");
  assert.deepEqual(taken(), []);
});

test("another seed is the next one, of those that are not for reporting", () => {
  page.reseed();
  assert.deepEqual(taken(), [{type: "start", seed: 100}]);
  page.seed = 120;
  page.reseed();
  assert.deepEqual(taken(), [{type: "start", seed: 121}]);
});

test("an empty chart says what it waits for, or why nothing was started", () => {
  assert.equal(page.waitingText(), "");
  page.emptyText = () => "press Run";
  assert.equal(page.waitingText(), "press Run");
  page.start();
  assert.equal(page.waitingText(), "lab.starting");
  newest().tell({type: "refused", about: "start", name: "", rule: "busy", parts: {}, message: "no"});
  assert.equal(page.waitingText(), "lab.unstarted");
  assert.deepEqual(said, [["unstarted", "lab.unstarted"]]);
});

test("a page within another says to that which run it steers, and to no other site", () => {
  const posted = [];
  globalThis.parent = /** @type {any} */ ({postMessage: (...given) => posted.push(given)});
  tell("running", "r2");
  globalThis.parent = globalThis;
  tell("running", "r3"); // it stands by itself
  assert.deepEqual(posted, [[{type: "trick-lab-run", run: "r2"}, "http://lab.test"]]);
});
