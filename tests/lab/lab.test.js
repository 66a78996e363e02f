import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {Lab, mount} from "../../assets/lab/lab.js";
import {turnTheme} from "./dom.js";
import {happen, pass, resize, sockets, tick, visit} from "./server.js";

const declare = (name, value, more = {}) => ({
  name,
  symbol: "",
  label: name,
  help: "",
  unit: "",
  low: 0,
  high: 10,
  choices: [],
  value,
  default: value,
  neutral: null,
  live: true,
  integer: false,
  scale: "linear",
  when: null,
  unless: null,
  idle: "",
  ...more,
});
const LEVEL = declare("level", 2);
const KIND = declare("kind", "a", {choices: ["a", "b"], live: false});
const LR = declare("lr", 1);
const BATCH = declare("batch_size", 4, {live: false});
const LOSS = {name: "loss", title: "Loss", traces: ["train_loss"], log: false};
const ACCURACY = {name: "accuracy", title: "Accuracy", traces: ["test_accuracy"], log: false};
const PANEL = {id: "bars", kind: "bars", title: "Bars", array: "amounts", preview: true};

function configOf(more = {}) {
  return {
    trick: "trick",
    title: "Trick",
    app: "App",
    task: "task",
    tasks: [
      {name: "task", label: "Task"},
      {name: "other", label: "Other"},
    ],
    view: "lab",
    language: "en",
    labels: {"lab.refused.rule.range": "{name} was {value}", "lab.unstarted": "not started: {reason}"},
    limits: {seed: [0, 1000], steps: [1, 10_000], arms: 3, first_explored_seed: 100},
    version: 1,
    socket: "live",
    plotly: "plotly.min.js",
    export: "export",
    knobs: [LEVEL, KIND],
    settings: [LR, BATCH],
    extra_arms: [],
    named_by: null,
    tricks: [{title: "Trick", knobs: ["level", "kind"]}],
    metrics: [{name: "test_loss", label: "loss", better: "lower"}],
    judged: "test_loss",
    race: [LOSS, ACCURACY],
    charts: [LOSS, ACCURACY],
    panels: [],
    present_knobs: [],
    reach: {show: null, lock: [], strict: false},
    controls: ["task", "seed", "steps", "speed", "arms", "charts", "tabs"],
    seed: 100,
    steps: 1000,
    speed: 50,
    autostart: false,
    plain: {task: "task", seed: 100, steps: 1000, charts: ["loss", "accuracy"], view: "lab", language: "en"},
    ...more,
  };
}

/** The declaration of a knob that stands at another value. */
const at = (declared, value) => ({...declared, value});

let told; // what the page's script was told, but for its name
let tab;
let lab;
const host = {setState: (name, value) => told.push(name === "settings" ? value : name)};
const newest = () => sockets.at(-1);
const taken = () => newest().taken();
const types = () => taken().map(({type}) => type);
const one = (selector) => document.querySelector(selector);
const text = (selector) => one(selector).textContent;
const line = () => text(".lab-line");

beforeEach(() => {
  told = [];
  tab = visit();
});

function opened(more, {again = false} = {}) {
  lab = new Lab(document.body, configOf(more), host, again);
  lab.open();
  return lab;
}

async function connected(more, how) {
  opened(more, how);
  newest().accept();
  await pass();
}

async function reconnected() {
  await pass(8000);
  newest().accept();
}

/** A snapshot of a run of what a start asked for. */
function answer(
  {values, extra_arms: extra, seed, steps, speed},
  {run = "r1", spec: other, step = 0, arrays = [], ...more} = {},
) {
  const {lr, batch_size, ...own} = values;
  const arms = [{}, own, ...extra].map((knobs) => ({knobs, tricks: []}));
  const spec = {trick: "trick", task: "task", seed, steps, settings: {lr, batch_size}, arms, ...other};
  const called = ["baseline", "one", "two", "three"].slice(0, arms.length);
  const changing = {state: "running", knobs: arms.map(({knobs}) => knobs), settings: {lr}, speed};
  newest().tell({type: "snapshot", run, spec, called, step, steps, steps_per_epoch: 5, ...changing, ...more}, arrays);
}

/** A lab whose run goes on. */
async function running(more, how) {
  await connected(more);
  lab.start();
  const start = taken().at(-1);
  answer(start, how);
  await pass();
  return start;
}

/** Another event than a test's own. */
function fire(element, name) {
  element.dispatchEvent(new document.defaultView.Event(name));
}

/** Somebody drags a knob from 0 to 10 to a value, and holds it. */
function drag(name, value) {
  const range = one(`[data-range=${name}]`);
  range.value = String(100 * value);
  fire(range, "input");
}

const shown = (name) => one(`[data-box=${name}]`).value;

// --- a run ---------------------------------------------------------------------------------------------------------

test("what is set is started, and what is seen is of it", async () => {
  const start = await running();
  assert.deepEqual(start, {
    type: "start",
    trick: "trick",
    task: "task",
    seed: 100,
    steps: 1000,
    values: {lr: 1, batch_size: 4, level: 2, kind: "a"},
    extra_arms: [],
    speed: 50,
    paused: false,
  });
  assert.deepEqual([lab.state, lab.active, lab.seed, lab.steps, lab.speed], ["running", true, 100, 1000, 50]);
  assert.deepEqual(
    lab.arms().map(({label}) => label),
    ["baseline", "one"],
  );
  assert.equal(one("[data-export=csv]").getAttribute("href"), "export/r1.csv");
  newest().tell({type: "rows", state: "finished", step: 1000}, [{group: "row", arm: 1, name: "step", values: [1000]}]);
  assert.deepEqual([lab.active, lab.store.step, lab.store.arms[1].rows.last("step")], [false, 1000, 1000]);
});

test("before anything is started its lines say so", async () => {
  await connected();
  assert.deepEqual([line(), lab.waitingText()], ["lab.hint", "lab.empty.race"]);
  newest().tell({type: "rows", state: "running"}); // of nothing that it knows
  assert.equal(lab.state, null);
});

test("a link that starts by itself does so once", async () => {
  await connected({autostart: true});
  assert.deepEqual(types(), ["start"]);
  newest().tell({type: "refused", about: "start", name: "", rule: "busy", parts: {}, message: "no"});
  newest().drop();
  await reconnected();
  assert.deepEqual(types(), []);
});

test("a start by itself that was lost is told again, and a run that was started is come back to", async () => {
  await connected({autostart: true});
  newest().drop();
  await reconnected();
  const [start, ...others] = taken();
  assert.deepEqual([start.type, others], ["start", []]);
  answer(start);
  newest().drop();
  await reconnected();
  assert.deepEqual(taken(), [{type: "attach", run: "r1"}]);
});

test("a step of nothing starts a run and makes its first step", async () => {
  await connected();
  lab.oneStep();
  const [start] = taken();
  assert.equal(start.paused, true);
  answer(start, {state: "paused"});
  assert.deepEqual(types(), ["step"]);
  answer(start, {state: "paused"}); // a worker died
  assert.deepEqual(types(), []);
});

test("what is said with a run is said until something else is", async () => {
  await running({}, {note: "one worker died"});
  assert.equal(line(), "one worker died");
  newest().tell({type: "rows", note: "another"});
  assert.equal(line(), "another");
  newest().tell({type: "rows", step: 3});
  assert.equal(line(), "another");
  newest().tell({type: "rows", note: null});
  assert.equal(line(), "");
  newest().tell({type: "note", message: "third"});
  answer(lab.message({}));
  assert.equal(line(), "");
});

test("at the end it is said how it ended", async () => {
  await running();
  newest().tell({type: "rows", state: "stopped"});
  assert.deepEqual([line(), lab.endText()], ["lab.end.bare", "lab.end.bare"]);
});

test("new rows draw what they are of, and what is new in them at once", async () => {
  await running({panels: [PANEL]});
  const touched = [];
  for (const [name, part] of [...lab.races.map((race) => [race.id, race]), ["table", lab.standings]])
    part.touch = (urgent) => touched.push([name, urgent]);
  lab.panels.touch = (urgent) => touched.push(["panels", urgent]);
  const told = (urgent) => ["race-1", "race-2", "table", "panels"].map((name) => [name, urgent]);
  newest().tell({type: "rows", state: "running", step: 1});
  assert.deepEqual(touched.splice(0), told(false));
  newest().tell({type: "rows", state: "running", remarks: [{step: 1, text: "new"}]});
  assert.deepEqual(touched.splice(0), told(true));
  newest().tell({type: "rows", state: "paused"});
  assert.deepEqual(touched.splice(0), told(true));
  lab.setCursor(1);
  touched.length = 0;
  newest().tell({type: "rows", state: "paused"});
  assert.deepEqual(touched, told(false).slice(0, 3)); // the inside stays at the cursor
});

// --- coming back ---------------------------------------------------------------------------------------------------

const KEPT = {trick: "trick", task: "task", seed: 100, steps: 1000};
const PLAIN = {...KEPT, values: {lr: 1, batch_size: 4, level: 2, kind: "a"}, extra_arms: []};

/** What a page asks for once it is connected that was come to so, while the tab kept a run under those settings. */
async function comes(settings, {way = "navigate", path = "/trick", again = false, ...more} = {}) {
  tab.storage.setItem("lab.run.trick", JSON.stringify({run: "r0", settings: JSON.stringify(settings)}));
  tab = visit(path, {way, storage: tab.storage});
  await connected(more, {again});
  return types();
}

test("a reload comes back to the run whatever is set, a link to none", async () => {
  assert.deepEqual(await comes({...PLAIN, seed: 7}, {way: "reload", autostart: true}), ["attach"]);
  assert.deepEqual(await comes({...PLAIN, task: "other"}, {way: "reload"}), []);
  assert.deepEqual(await comes(PLAIN), []);
  assert.deepEqual(await comes(PLAIN, {again: true, autostart: true}), ["start"]);
});

test("a way back comes back to the run under the same settings, or where none are asked for", async () => {
  const moved = {knobs: [at(LEVEL, 5), KIND]};
  for (const how of [{way: "back_forward"}, {again: true}, {way: "reload", again: true}]) {
    assert.deepEqual(await comes({...PLAIN, seed: 7}, how), ["attach"]);
    assert.deepEqual(await comes(PLAIN, {...how, ...moved}), []);
    assert.deepEqual(await comes({...PLAIN, values: {...PLAIN.values, level: 5}}, {...how, ...moved}), ["attach"]);
    assert.deepEqual(await comes(PLAIN, {...how, race: [ACCURACY, LOSS], seed: 7}), []);
  }
});

test("after a reload all is as it was: settings, arms, view and the arm that is chosen", async () => {
  const start = await running({extra_arms: [{level: 3}]});
  lab.look({x: "epoch", smooth: 30});
  lab.select(2);
  tab = visit("/trick", {way: "reload", storage: tab.storage});
  await connected();
  assert.deepEqual(taken(), [{type: "attach", run: "r1"}]);
  answer({...start, seed: 7, speed: 20}, {step: 9});
  assert.deepEqual([lab.seed, lab.speed, lab.selected, shown("level")], [7, 20, 2, "3"]);
  assert.deepEqual(lab.view, {x: "epoch", smooth: 30, ghost: false});
  assert.equal(text(".lab-smooth-text"), "lab.smooth.steps");
  assert.deepEqual([types(), told], [[], []]);
  await pass(400);
  assert.equal(location.search, "?seed=7&arms=level:3");
  assert.deepEqual([told.length, told[0].seed, told[0].extra_arms], [1, 7, [{level: 3, kind: "a"}]]);
});

test("what was not kept of the view stays, and no arm is chosen that there is not", async () => {
  const start = await running();
  const kept = {run: "r1", settings: JSON.stringify(PLAIN), asked: {view: {x: "seconds"}, selected: 3}};
  tab.storage.setItem("lab.run.trick", JSON.stringify(kept));
  tab = visit("/trick", {way: "reload", storage: tab.storage});
  await connected();
  answer(start);
  assert.deepEqual([lab.view, lab.selected], [{x: "seconds", smooth: 10, ghost: false}, 1]);
});

test("a start that is owed goes before what the tab watched", async () => {
  const start = await running();
  tab = visit("/trick", {way: "reload", storage: tab.storage});
  opened();
  lab.start();
  newest().accept();
  await pass();
  assert.deepEqual(types(), ["start"]);
  answer(start, {run: "r2"});
  assert.equal(lab.store.run, "r2");
});

test("a start pressed while a run is being come back to is waited for, and not lost", async () => {
  const start = await running();
  tab = visit("/trick", {way: "reload", storage: tab.storage});
  await connected();
  lab.start();
  answer(start); // to what was asked for before
  assert.deepEqual([types(), lab.starting], [["attach", "start"], true]);
  newest().drop();
  await reconnected();
  assert.deepEqual(types(), ["start"]);
});

test("of a run that is no more the tab says so, keeps its curves as the run before, and starts none", async () => {
  await running({autostart: true}, {step: 5});
  lab.races[0].setZoom({xaxis: [1, 2]});
  lab.setCursor(2);
  newest().tell({type: "gone"});
  assert.deepEqual([lab.races.map(({zoom}) => zoom), lab.cursorAt], [[null, null], null]);
  assert.deepEqual([lab.store.run, lab.ghost.run, lab.ghost.state, line()], [null, null, "stopped", "lab.gone"]);
  assert.deepEqual(
    [types(), [...tab.storage.kept.keys()], one(".lab-exports").hidden],
    [[], ["trick-lab.secret"], true],
  );
  newest().drop();
  await reconnected();
  assert.deepEqual(types(), []);
});

test("where the run before a reload is no more, a link that starts by itself does", async () => {
  await comes(PLAIN, {way: "reload"});
  newest().tell({type: "gone"});
  assert.deepEqual(types(), []);
  await comes(PLAIN, {way: "reload", autostart: true});
  newest().tell({type: "gone"});
  assert.deepEqual(types(), ["start"]);
  newest().tell({type: "gone"});
  assert.deepEqual(types(), []);
});

// --- who steers ----------------------------------------------------------------------------------------------------

const turnOver = (role, run = "r1") => newest().tell({type: "wheel", run, role});
const isPending = (name) => one(`[data-knob=${name}]`).hasAttribute("data-pending");

test("an address asks for a run: it is watched as it was started, and from then on the address says what is set", async () => {
  tab.storage.setItem("lab.run.trick", JSON.stringify({run: "r0", settings: JSON.stringify(PLAIN)}));
  tab = visit("/trick?run=r1", {storage: tab.storage});
  await connected({watch: "r1", autostart: true});
  assert.deepEqual(taken(), [{type: "attach", run: "r1"}]);
  await pass(400);
  assert.equal(location.search, "?run=r1"); // a reload asks once more
  answer({...PLAIN, seed: 7, speed: 20});
  turnOver("visit");
  assert.deepEqual([lab.seed, lab.speed, text(".lab-wheel span")], [7, 20, "lab.wheel.visit"]);
  await pass(400);
  assert.equal(location.search, "?seed=7");
  assert.equal(JSON.parse(tab.storage.getItem("lab.run.trick")).run, "r1");
  lab.start();
  answer(taken()[0], {run: "r2"});
  assert.deepEqual([lab.store.run, lab.role, one(".lab-wheel").hasAttribute("hidden")], ["r2", "steer", true]);
});

test("a run that was opened by a link is asked for by it again, also after a reload, and one's own is not", async () => {
  tab = visit("/trick?run=r1.key");
  await connected({watch: "r1.key"});
  assert.deepEqual(taken(), [{type: "attach", run: "r1.key"}]);
  answer({...PLAIN, seed: 7, speed: 20}, {step: 9});
  turnOver("visit");
  assert.deepEqual([lab.store.run, lab.seed, one("[data-action=share]").hidden], ["r1", 7, true]);
  assert.equal(one("[data-export=csv]").getAttribute("href"), "export/r1.key.csv");
  newest().drop();
  await reconnected();
  assert.deepEqual(taken(), [{type: "attach", run: "r1.key"}]);
  tab = visit("/trick", {way: "reload", storage: tab.storage});
  await connected();
  assert.deepEqual(taken(), [{type: "attach", run: "r1.key"}]);
  answer({...PLAIN, seed: 7, speed: 20}, {step: 9});
  assert.deepEqual([lab.store.run, lab.seed], ["r1", 7]);
  lab.start();
  answer(taken()[0], {run: "r2"});
  assert.equal(one("[data-action=share]").hidden, false);
  newest().drop();
  await reconnected();
  assert.deepEqual(taken(), [{type: "attach", run: "r2"}]);
});

test("a link that was revoked, or never was, says so: at once, and where its run was shown", async () => {
  tab = visit("/trick?run=r1.key");
  await connected({watch: "r1.key"});
  newest().tell({type: "gone"});
  assert.deepEqual([lab.store.run, line()], [null, "lab.gone.shared"]);
  await pass(300);
  assert.deepEqual(tab.written, [""]);
  tab = visit("/trick?run=r1.key");
  await connected({watch: "r1.key"});
  answer(PLAIN, {step: 9});
  newest().tell({type: "gone"});
  assert.deepEqual([lab.store.run, lab.ghost.run, line()], [null, null, "lab.gone.shared"]);
  lab.start();
  answer(taken().at(-1), {run: "r2"});
  newest().tell({type: "gone"});
  assert.equal(line(), "lab.gone");
});

test("an address that asks for what is set already loses the run all the same, and so does one whose run is no more", async () => {
  const told = {
    "": () => answer({...PLAIN, speed: 50}),
    "lab.gone.link": () => newest().tell({type: "gone"}),
    "lab.gone.link ": () => answer(PLAIN, {spec: {task: "other"}}), // of which this page can show nothing
    "lab.gone.link  ": () => answer(PLAIN, {spec: {trick: "other"}}),
  };
  for (const [said, tell] of Object.entries(told)) {
    tab = visit("/trick?run=r1");
    await connected({watch: "r1"});
    tell();
    await pass(300);
    assert.deepEqual(tab.written, [""]);
    assert.deepEqual([lab.store.run, text(".lab-line")], said ? [null, said.trim()] : ["r1", text(".lab-line")]);
  }
  await running();
  await pass(300);
  assert.deepEqual(tab.written, [""]); // nothing was asked for
});

test("whoever looks on sees the run's own values until a knob is touched, which waits for a start of one's own", async () => {
  const start = await running();
  turnOver("visit");
  drag("level", 5);
  newest().tell({type: "rows", state: "running", knobs: [{}, {level: 3, kind: "a"}], settings: {lr: 7}});
  assert.deepEqual([shown("level"), shown("lr"), taken()], ["5", "7", []]);
  assert.deepEqual([isPending("level"), isPending("lr"), lab.waiting], [true, false, true]);
  assert.deepEqual([text("[data-action=run]"), one("[data-action=step]").disabled], ["lab.run", true]);
  one("[data-action=run]").click();
  const [own, ...others] = taken();
  assert.deepEqual([own.values, others], [{...start.values, level: 5, lr: 7}, []]);
  answer(own, {run: "r2"});
  assert.deepEqual([isPending("level"), lab.waiting, text("[data-action=pause]")], [false, false, "lab.pause"]);
  await pass(16);
  drag("level", 6);
  assert.deepEqual(types(), ["turn"]);
});

test("where the wheel goes to another tab under a hand, the knob goes back, and what is turned on waits", async () => {
  await running();
  tick(16);
  drag("level", 5);
  assert.deepEqual(types(), ["turn"]);
  drag("level", 6); // is to be told in the next frame
  turnOver("watch");
  assert.equal(shown("level"), "2");
  drag("level", 7);
  newest().tell({type: "refused", about: "turn", name: "level", arm: 1, value: 5, rule: "range", parts: {}});
  tick(16);
  assert.deepEqual([shown("level"), isPending("level"), taken()], ["7", true, []]);
});

test("a tab takes over, and steers once the server says so", async () => {
  await running();
  turnOver("watch");
  one("[data-action=take_over]").click();
  assert.deepEqual([taken(), lab.role], [[{type: "take_over"}], "watch"]);
  turnOver("steer");
  assert.equal(one(".lab-wheel").hasAttribute("hidden"), true);
  drag("level", 5);
  assert.deepEqual(types(), ["turn"]);
});

test("another task ends a run that this tab steers, and nobody else's", async () => {
  for (const [role, expected] of [
    ["steer", ["stop"]],
    ["watch", []],
    ["visit", []],
  ]) {
    await running();
    turnOver(role);
    lab.leave(configOf({task: "other"}));
    assert.deepEqual(types(), expected);
  }
});

test("a link to a run is there with the run, and says that alone", async () => {
  const copied = [];
  Object.defineProperty(navigator, "clipboard", {value: {writeText: (text) => copied.push(text)}, configurable: true});
  const press = async (name) => {
    one(`[data-copy=${name}]`).click();
    await pass();
    return copied.pop();
  };
  await running({language: "de"});
  drag("level", 5);
  assert.equal(await press("run"), "http://lab.test/trick?run=r1&lang=de");
  assert.equal(await press("address"), "http://lab.test/trick?level=5&lang=de");
  const titles = ["run", "address"].map((name) => one(`[data-copy=${name}]`).title);
  assert.deepEqual(titles, ["lab.copy.run.help", "lab.copy.address.help"]);
  assert.ok(one("[data-copy=run]").closest(".lab-exports"));
  newest().tell({type: "gone"});
  assert.equal(one("[data-copy=run]").closest(".lab-exports").hidden, true);
});

// --- knobs ---------------------------------------------------------------------------------------------------------

test("a knob is told while it is dragged, and the page's script when it is let go", async () => {
  await running();
  tick(16); // it was told of just now
  drag("level", 5);
  assert.deepEqual(taken(), [{type: "turn", name: "level", value: 5, arm: 1}]);
  drag("lr", 6);
  assert.deepEqual(taken(), []);
  tick(16);
  assert.deepEqual(taken(), [{type: "turn", name: "lr", value: 6, arm: null}]);
  assert.deepEqual([told, location.search], [[], ""]);
  fire(one("[data-range=level]"), "change");
  assert.equal(location.search, "?lr=6&level=5");
  assert.deepEqual(told, [
    {...PLAIN, values: {...PLAIN.values, lr: 6, level: 5}, speed: 50, charts: ["loss", "accuracy"]},
  ]);
});

test("the address follows a drag every 300 ms, and the tab keeps what was written", async () => {
  await running();
  const before = tab.written.length;
  for (const value of [4, 5, 6]) drag("level", value);
  tick(299);
  assert.equal(tab.written.length, before);
  tick(1);
  assert.deepEqual(tab.written.slice(before), ["?level=6"]);
});

test("a knob dragged while the socket drops stays where the hand is, and is told afterwards", async () => {
  const start = await running();
  drag("level", 5);
  newest().drop();
  drag("level", 6);
  tick(16);
  assert.deepEqual([shown("level"), line()], ["6", "lab.connection.lost"]);
  await reconnected();
  drag("level", 7);
  tick(16);
  assert.deepEqual(taken(), [{type: "attach", run: "r1"}]);
  answer(start);
  await pass(16);
  assert.deepEqual(taken(), [{type: "turn", name: "level", value: 7, arm: 1}]);
  newest().hear(0);
  newest().tell({type: "rows", knobs: [{}, {level: 2, kind: "a"}]});
  assert.equal(shown("level"), "7");
  newest().hear(1);
  newest().tell({type: "rows", knobs: [{}, {level: 7, kind: "a"}]});
  assert.equal(shown("level"), "7");
});

test("another tab's turn moves the knob, the address and, when it settles, the page's script", async () => {
  await running();
  newest().tell({type: "rows", knobs: [{}, {level: 4, kind: "a"}]});
  assert.deepEqual([shown("level"), told], ["4", []]);
  tick(300);
  assert.equal(location.search, "?level=4");
  newest().tell({type: "rows", knobs: [{}, {level: 8, kind: "a"}]});
  tick(399);
  assert.deepEqual(told, []);
  tick(1);
  assert.equal(told.length, 1);
  assert.equal(told[0].values.level, 8);
  newest().tell({type: "rows", knobs: [{}, {level: 8, kind: "a"}]});
  tick(1000);
  assert.equal(told.length, 1);
});

test("the speed that another tab has set is shown, and not told: no address says it", async () => {
  await running();
  lab.report();
  newest().tell({type: "rows", speed: 10});
  tick(400);
  assert.deepEqual([lab.speed, told.length], [10, 1]);
});

test("letting go says at once what would have been said in a moment", async () => {
  await running();
  newest().tell({type: "rows", knobs: [{}, {level: 4, kind: "a"}]});
  lab.report();
  tick(400);
  assert.equal(told.length, 1);
});

test("keys that turn a knob tell the page's script when they rest", async () => {
  await running();
  for (let i = 0; i < 3; i += 1) {
    lab.nudge(1);
    tick(399);
  }
  assert.deepEqual(told, []);
  tick(1);
  assert.equal(told.length, 1);
  lab.board.controls.clear();
  lab.nudge(1);
  tick(400);
  assert.equal(told.length, 1);
});

test("a refused turn goes back, is said beside its knob alone, and told to the page's script", async () => {
  await running();
  drag("level", 9);
  lab.report();
  told = [];
  newest().tell({type: "refused", about: "turn", name: "level", arm: 1, value: 9, rule: "range", parts: {}});
  assert.deepEqual([shown("level"), line()], ["2", ""]);
  assert.equal(text("[data-knob=level] .lab-message"), "Level was 9");
  tick(400);
  assert.deepEqual([told.length, told[0].values.level, location.search], [1, 2, ""]);
});

test("a refusal of what is not on the page is said in its line, until a control is let go", async () => {
  await running();
  newest().tell({type: "refused", about: "turn", name: "eps", arm: 1, value: 9, rule: "range", parts: {}});
  assert.equal(line(), "Eps was 9");
  tick(1000);
  assert.deepEqual(told, []); // nothing has changed
  lab.report();
  assert.equal(line(), "");
});

test("a start that a knob was refused of says so in both places, and the run goes on", async () => {
  await running();
  lab.turn(KIND, "b");
  lab.start();
  newest().tell({type: "refused", about: "start", name: "kind", value: "b", rule: "range", parts: {}});
  assert.equal(line(), "not started: Kind was b");
  assert.equal(text("[data-knob=kind] .lab-message"), "Kind was b");
  assert.deepEqual([lab.settings().values.kind, lab.state, lab.starting], ["a", "running", false]);
});

test("what came as the run ended is not said", async () => {
  await running();
  drag("level", 5);
  newest().tell({type: "refused", about: "turn", name: "", arm: null, value: null, rule: "ended", parts: {}});
  newest().tell({type: "refused", about: "pause", name: "", value: null, rule: "needs_run", parts: {}});
  assert.equal(line(), "");
});

test("speed is told like a knob, steps and seed wait for the next start", async () => {
  await running();
  tick(16);
  lab.setSpeed(20);
  assert.deepEqual(taken(), [{type: "speed", steps_per_s: 20}]);
  assert.equal(lab.waiting, false);
  lab.setSteps(500);
  lab.setSeed(7);
  assert.deepEqual([lab.waiting, taken(), location.search], [true, [], "?seed=7&steps=500"]);
  assert.deepEqual(
    told.map(({seed, steps, speed}) => [seed, steps, speed]),
    [
      [100, 500, 20],
      [7, 500, 20],
    ],
  );
  assert.equal(one(".lab-pending").hasAttribute("hidden"), false);
  lab.restart();
  assert.deepEqual(
    taken().map(({seed, steps}) => [seed, steps]),
    [[7, 500]],
  );
});

test("another task is asked of the page's script, without what belongs to this one", async () => {
  await running();
  drag("level", 5);
  lab.setTask("other");
  assert.deepEqual(told, [
    {trick: "trick", task: "other", seed: 100, steps: 1000, values: {}, extra_arms: [], charts: [], speed: 50},
  ]);
});

test("with nothing to be told of there is no message, and no connection is needed to turn", () => {
  opened();
  drag("level", 5);
  lab.setSpeed(null);
  assert.deepEqual([lab.settings().values.level, lab.speed, newest().messages], [5, null, []]);
});

// --- arms ----------------------------------------------------------------------------------------------------------

const legend = () => [...document.querySelectorAll(".lab-arm")].map((arm) => arm.textContent);

test("an arm is added like the one that is chosen, and chosen, up to as many as there may be", async () => {
  await connected();
  drag("level", 5);
  lab.addArm();
  assert.deepEqual([lab.selected, lab.settings().extra_arms], [2, [{level: 5, kind: "a"}]]);
  drag("level", 6);
  assert.deepEqual(legend(), ["lab.arm.baseline", "Trick, level 5", "Trick, level 6"]);
  lab.addArm();
  assert.deepEqual([lab.wishes.arms.length, told.length], [2, 1]);
  lab.select(1);
  assert.equal(shown("level"), "5");
});

test("arms that are taken away leave the others their names, looks and places while the run lasts", async () => {
  await running({extra_arms: [{level: 3}]});
  lab.select(2);
  lab.removeArm(2);
  assert.deepEqual([lab.selected, lab.waiting, legend()], [1, true, ["baseline", "one"]]);
  lab.addArm();
  assert.deepEqual(
    lab.planned().map(({index, label, look, waits}) => [index, label, look, waits]),
    [
      [0, "baseline", 0, false],
      [1, "one", 1, false],
      [2, "Trick #2", 2, true],
    ],
  );
  newest().tell({type: "rows", state: "finished"});
  assert.deepEqual(legend(), ["lab.arm.baseline", "Trick", "Trick #2"]);
});

test("an arm between others that is taken away leaves them as they are", async () => {
  await running({extra_arms: [{level: 3}, {level: 4}], limits: {...configOf().limits, arms: 4}});
  lab.select(3);
  lab.removeArm(2);
  assert.deepEqual(
    lab.planned().map(({label, look, waits}) => [label, look, waits]),
    [
      ["baseline", 0, false],
      ["one", 1, false],
      ["three", 3, false],
    ],
  );
  assert.deepEqual([lab.selected, lab.arms().length, told.at(-1).extra_arms], [2, 4, [{level: 4, kind: "a"}]]);
});

test("without a run the charts are of the arms that are planned", () => {
  opened({extra_arms: [{kind: "b"}]});
  assert.deepEqual(
    lab.arms().map(({label, waits}) => [label, waits]),
    [
      ["lab.arm.baseline", false],
      ["Trick, a", false],
      ["Trick, b", false],
    ],
  );
});

test("knobs are said with the trick's own first, and of the settings those that can be turned", () => {
  opened();
  assert.equal(lab.knobsText({lr: 1, kind: "b", level: 3}), "level 3, kind b");
  assert.equal(lab.knobsText({batch_size: 4, lr: 1}), "lr 1");
  assert.deepEqual([lab.declared("lr"), lab.declared("level"), lab.declared("other")], [LR, LEVEL, undefined]);
});

// --- a preview -----------------------------------------------------------------------------------------------------

test("what the knobs alone determine is asked for when there is a connection, and after each turn", async () => {
  await connected({panels: [PANEL]});
  const asked = {type: "preview", trick: "trick", task: "task", steps: 1000, values: PLAIN.values};
  assert.deepEqual(taken(), [asked]);
  for (const value of [4, 5, 6]) drag("level", value);
  assert.deepEqual(taken(), []);
  newest().tell({type: "preview"}, [
    {group: "preview", name: "amounts", values: [1, 2]},
    {group: "row", name: "other", values: [3]},
  ]);
  assert.deepEqual(taken(), [{...asked, values: {...PLAIN.values, level: 6}}]);
  assert.deepEqual([...lab.preview.keys()], ["amounts"]);
  lab.select(1);
  assert.deepEqual(taken(), []);
});

test("it is asked for of the values that a link has brought", async () => {
  await connected({panels: [PANEL]});
  newest().tell({type: "preview"});
  taken();
  location.search = "?level=3";
  lab.apply(configOf({panels: [PANEL], knobs: [at(LEVEL, 3), KIND]}));
  assert.deepEqual(
    taken().map(({values}) => values.level),
    [3],
  );
});

test("a value that a preview was made of is one that a refused start goes back to", async () => {
  await connected({panels: [PANEL]});
  newest().tell({type: "preview"});
  lab.turn(BATCH, 6);
  newest().tell({type: "preview"});
  lab.turn(BATCH, 9);
  lab.start();
  newest().tell({type: "refused", about: "start", name: "batch_size", value: 9, rule: "range", parts: {}});
  assert.equal(lab.settings().values.batch_size, 6);
});

test("a preview of an arm that is no more does no harm, a refused one is asked for again", async () => {
  await connected({panels: [PANEL], extra_arms: [{level: 3}]});
  newest().tell({type: "preview"});
  taken();
  lab.select(2);
  lab.removeArm(2);
  newest().tell({type: "preview"});
  assert.deepEqual(
    taken().map(({values}) => values.level),
    [3, 2],
  );
  drag("level", 9);
  newest().tell({type: "refused", about: "preview", name: "level", value: 9, rule: "range", parts: {}});
  assert.deepEqual(
    taken().map(({type, values}) => [type, values?.level]),
    [["preview", 2]],
  );
});

test("after a lost connection it is asked for anew, and by a page without such panels never", async () => {
  await connected({panels: [PANEL]});
  newest().drop();
  await pass(400); // sooner than an answer is given up
  newest().accept();
  assert.deepEqual(types(), ["preview"]);
  await connected({panels: [{...PANEL, preview: false}]});
  assert.deepEqual(types(), []);
  await connected({panels: [{...PANEL, kind: "curve", preview: false, x: "x", array: "y"}]});
  assert.deepEqual(types(), ["preview"]);
});

// --- how the race is looked at -------------------------------------------------------------------------------------

test("a run that has made steps is the ghost of the next", async () => {
  const start = await running();
  assert.equal(lab.ghost, null);
  answer(start, {run: "r2"});
  assert.equal(lab.ghost, null);
  newest().tell({type: "rows", step: 5});
  answer(start, {run: "r2", step: 5});
  assert.equal(lab.ghost, null);
  answer(start, {run: "r3"});
  assert.deepEqual([lab.ghost.run, one("[data-toggle=ghost]").closest("label").hidden], ["r2", false]);
});

test("a new run is looked at from its beginning, one that goes on as it was", async () => {
  const start = await running();
  const look = () => {
    lab.setCursor(3);
    for (const race of lab.races) race.setZoom({xaxis: [1, 2]});
  };
  look();
  answer(start);
  assert.deepEqual([lab.cursor, lab.races[1].zoom], [3, {xaxis: [1, 2]}]);
  answer(start, {run: "r2"});
  assert.deepEqual([lab.cursor, lab.races[1].zoom], [null, null]);
  look();
  newest().tell({type: "gone"});
  assert.deepEqual([lab.cursor, lab.races[1].zoom], [null, null]);
});

test("a run of which nothing comes after its snapshot has its panels where a run's are", async () => {
  await connected({panels: [PANEL, {...PANEL, id: "more"}]});
  const shown = () => lab.panels.panels.filter(({element}) => !element.hidden).length;
  assert.deepEqual([lab.narrow, shown()], [true, 1]); // a phone scrolls past no empty ones
  lab.start();
  answer(taken().at(-1), {state: "finished", step: 10});
  assert.equal(shown(), 2);
});

test("what somebody has done is drawn at once", async () => {
  const start = await running();
  const urgent = [];
  lab.standings.touch = (how) => urgent.push(how);
  lab.look({smooth: 2});
  lab.setSteps(500);
  answer(start);
  newest().tell({type: "gone"});
  assert.deepEqual(urgent, [true, true, true, true]);
});

test("the cursor is a step, whatever the x axis shows", async () => {
  const seconds = [0, 1].flatMap((arm) => [
    {group: "row", arm, name: "step", values: [1, 2, 3]},
    {group: "row", arm, name: "elapsed_s", values: [0.5, 1, 2]},
  ]);
  await running({}, {arrays: seconds, step: 3});
  const cursorAt = (x, where) => {
    lab.look({x});
    lab.setCursor(where);
    return lab.cursor;
  };
  assert.equal(cursorAt("step", 2.5), 2.5);
  assert.equal(cursorAt("epoch", 2), 10);
  assert.deepEqual(
    [0.1, 0.7, 1, 9].map((second) => cursorAt("seconds", second)),
    [1, 1, 2, 3],
  );
  assert.equal(lab.nowAt("seconds"), 2);
  lab.setCursor(null);
  assert.equal(lab.cursor, null);
  assert.equal(cursorAt("step", 4), 4);
  lab.reset();
  assert.deepEqual([lab.cursor, lab.cursorAt], [null, null]);
});

test("before a row of it has come a place on the seconds' axis is the beginning", async () => {
  await running();
  lab.look({x: "seconds"});
  lab.setCursor(3);
  assert.equal(lab.cursor, 0);
});

const AMOUNTS = {id: "bars", kind: "bars", title: "Bars", array: "amounts"};
const amounts = (step, value) =>
  [0, 1].map((arm) => ({group: "probe", arm, name: "amounts", step, values: [value, value]}));
const valueAt = (arm) => lab.panels.panels[0].inside.array({index: arm}, "amounts").values[0];
const past = (step, value, run = "r1") => newest().tell({type: "past", run, step}, amounts(step, value));

test("what the inside was like is asked for where somebody points or looks back, once for each step it is known at", async () => {
  await running({panels: [AMOUNTS]}, {step: 35, looks: [10, 20, 30], arrays: amounts(30, 3)});
  lab.setCursor(25);
  lab.setCursor(26); // while the answer is under way
  assert.deepEqual(taken(), [{type: "look", step: 20}]);
  past(20, 2);
  assert.deepEqual([valueAt(1), taken()], [2, []]); // 26 is known, too
  lab.rewind(4); // before the first
  assert.deepEqual([valueAt(1), taken()], [2, []]);
  lab.setCursor(null);
  assert.deepEqual(taken(), [{type: "look", step: 10}]);
  past(10, 9, "another");
  lab.rewind(5);
  assert.deepEqual(taken(), [{type: "look", step: 10}]); // that was of another run
  past(10, 1);
  assert.deepEqual([valueAt(1), taken()], [1, []]);
  lab.rewind(null);
  assert.deepEqual([valueAt(1), taken()], [3, []]);
  newest().tell({type: "rows", step: 40, state: "running"}, amounts(40, 4));
  lab.setCursor(41);
  assert.deepEqual(taken(), [{type: "look", step: 40}]);
});

test("after a lost connection it is asked for again", async () => {
  const start = await running({panels: [AMOUNTS]}, {step: 30, looks: [10, 20], arrays: amounts(20, 2)});
  lab.rewind(12);
  newest().drop();
  await reconnected();
  taken();
  answer(start, {step: 30, looks: [10, 20], arrays: amounts(20, 2)});
  assert.deepEqual(taken(), [{type: "look", step: 10}]);
  newest().tell({type: "refused", about: "look", rule: "needs_run", name: "", parts: {}, message: "no run"}, []);
  lab.rewind(13);
  assert.deepEqual(taken(), [{type: "look", step: 10}]);
});

test("only a cursor that moves draws the inside anew", async () => {
  await running();
  let touched = 0;
  lab.panels.touch = () => {
    touched += 1;
  };
  for (const at of [3, 3, 4]) lab.setCursor(at);
  assert.equal(touched, 2);
});

test("how it is looked at is kept with the run", async () => {
  await running();
  lab.look({ghost: true});
  const {asked} = JSON.parse(tab.storage.getItem("lab.run.trick"));
  assert.deepEqual(asked, {view: {x: "step", smooth: 10, ghost: true}, selected: 1});
});

test("an empty race is as long as the run will be", () => {
  opened();
  assert.deepEqual([lab.plannedEnd("step"), lab.plannedEnd("seconds")], [1000, 1]);
  assert.equal(lab.labelsTraces, false);
  opened({race: [LOSS, {...ACCURACY, traces: ["one", "two"]}]});
  assert.equal(lab.labelsTraces, true);
});

// --- the page's script ---------------------------------------------------------------------------------------------

const values = () => lab.settings().values;

test("the script's own answer moves nothing, a link everything", async () => {
  await running();
  drag("level", 5);
  lab.report();
  drag("level", 6);
  lab.apply(configOf({knobs: [at(LEVEL, 5), KIND]}));
  assert.deepEqual([values().level, location.search], [6, "?level=6"]);
  taken();
  location.search = "?level=1";
  lab.select(1);
  lab.selected = 2;
  lab.apply(configOf({knobs: [at(LEVEL, 1), KIND], race: [ACCURACY, LOSS]}));
  assert.deepEqual(
    [values().level, shown("level"), lab.selected, location.search],
    [1, "1", 1, "?level=1&charts=accuracy,loss"],
  );
  tick(16);
  assert.deepEqual(taken(), [{type: "turn", name: "level", value: 1, arm: 1}]);
  assert.equal(text("[data-chart=race-1] .lab-key"), "");
  assert.deepEqual(
    lab.races.map((race) => race.shown),
    ["accuracy", "loss"],
  );
});

test("a link that starts by itself does, and comes into view", async () => {
  await running();
  const seen = [];
  lab.root.scrollIntoView = (how) => seen.push(how);
  const place = (top, bottom) => {
    lab.races[0].element.getBoundingClientRect = () => ({top, bottom});
    lab.apply(configOf({autostart: true}));
  };
  place(0, 900);
  assert.deepEqual([types(), seen], [["start"], []]);
  place(-1, 500);
  place(500, 901);
  assert.deepEqual(seen, [{block: "start"}, {block: "start"}]);
  location.search = "?level=3";
  lab.apply(configOf({knobs: [at(LEVEL, 3), KIND]}));
  assert.deepEqual(types(), ["start", "start", "turn"].slice(0, 2));
});

test("knobs that are declared otherwise are made anew, others stay", async () => {
  await running();
  const [before] = document.querySelectorAll("[data-knob=level]");
  lab.apply(configOf({knobs: [at(LEVEL, 3), KIND]}));
  assert.ok(one("[data-knob=level]") === before);
  lab.apply(configOf({knobs: [{...LEVEL, high: 20}, KIND]}));
  assert.ok(one("[data-knob=level]") !== before);
  const [setting] = document.querySelectorAll("[data-knob=lr]");
  lab.apply(configOf({knobs: [{...LEVEL, high: 20}, KIND], settings: [{...LR, high: 20}, BATCH]}));
  assert.ok(one("[data-knob=lr]") !== setting);
});

test("another page is one of another trick, task, view or language, or of other panels, charts or words", () => {
  opened();
  assert.equal(lab.fits(configOf({seed: 7, race: [ACCURACY], knobs: [at(LEVEL, 3)]})), true);
  const others = {
    trick: "other",
    task: "other",
    view: "present",
    language: "de",
    labels: {},
    panels: [PANEL],
    charts: [LOSS],
    tasks: [],
  };
  for (const [part, other] of Object.entries(others)) assert.equal(lab.fits(configOf({[part]: other})), false, part);
});

test("a run is stopped where another task of its trick is chosen, and goes on where the page is left", async () => {
  await running();
  lab.leave(configOf({view: "present"}));
  lab.leave(configOf({trick: "other", task: "other"}));
  assert.deepEqual(taken(), []);
  lab.leave(configOf({task: "other"}));
  assert.deepEqual(taken(), [{type: "stop"}]);
});

test("mounted it is a lab with its sheets", () => {
  const mounted = mount(document.body, configOf(), host);
  assert.ok(one(".lab[data-view=lab] .lab-main"));
  mounted.destroy();
  assert.ok(!one(".lab"));
});

// --- the screen ----------------------------------------------------------------------------------------------------

/** The classes of an element's children, one a word. */
const children = (selector) => [...one(selector).children].map(({className, tagName}) => className || tagName);

test("what is turned stands beside the race, what is said above it", () => {
  opened();
  assert.deepEqual(children(".lab-body"), [
    "lab-transport",
    "lab-voice",
    "lab-main",
    "lab-settings",
    "lab-reach",
    "lab-standings many-standings",
    "lab-colophon",
  ]);
  assert.deepEqual(children(".lab-side"), ["lab-knobs", "lab-inside"]);
  assert.deepEqual(children(".lab-race"), ["lab-toolbar", "lab-chart", "lab-chart"]);
  assert.equal(one(".lab-race").getAttribute("aria-label"), "lab.race");
  assert.ok(one("dialog.lab-help").parentElement === lab.root);
});

test("for a projector there is one chart at a time, large letters, and the knobs of the talk", async () => {
  await connected({view: "present", present_knobs: ["level"]});
  assert.deepEqual(children(".lab-body"), ["lab-voice", "lab-main", "lab-told", "lab-foot", "lab-reach"]);
  assert.deepEqual(children(".lab-side"), ["lab-inside", "lab-standings many-standings"]);
  assert.deepEqual(children(".lab-race"), ["lab-chart", "lab-chart"]);
  assert.deepEqual(children(".lab-foot"), ["lab-button lab-primary", "lab-knobs", "lab-button lab-text-button"]);
  assert.equal(children(".lab-told").length, 3);
  const hidden = () => lab.races.map(({element}) => element.hidden);
  assert.deepEqual([hidden(), lab.font, lab.narrow], [[false, true], 20, false]);
  lab.nextChart();
  assert.deepEqual(hidden(), [true, false]);
  lab.nextChart();
  assert.deepEqual(hidden(), [false, true]);
});

test("in the lab all charts are there, whatever key is pressed", () => {
  opened();
  lab.nextChart();
  assert.deepEqual(
    lab.races.map(({element}) => element.hidden),
    [false, false],
  );
});

test("its buttons ask the page's script for the other view and for the repeat over seeds", async () => {
  await running();
  const press = (action) => {
    const button = one(`[data-action=${action}]`);
    button.click();
    return [button.textContent, button.title, told.at(-1)];
  };
  const set = {...PLAIN, speed: 50, charts: ["loss", "accuracy"]};
  assert.deepEqual(press("present"), ["lab.view.present", "lab.view.help.present", {...set, view: "present"}]);
  assert.deepEqual(press("seeds"), ["lab.repeat", "lab.repeat.help", {...set, repeat: true}]);
  tab = visit();
  await connected({view: "present"});
  assert.deepEqual(press("lab"), ["lab.view.lab", "lab.view.help.lab", {...set, view: "lab"}]);
  assert.equal(document.querySelectorAll("[data-action=seeds], [data-action=present]").length, 0);
});

test("the address that is copied says what is set", async () => {
  await running();
  drag("level", 5);
  const copied = [];
  Object.defineProperty(globalThis.navigator, "clipboard", {
    value: {writeText: async (said) => copied.push(said)},
    configurable: true,
  });
  const button = one("[data-copy=address]");
  assert.deepEqual([button.textContent, button.title], ["lab.copy.address", "lab.copy.address.help"]);
  button.click();
  await pass();
  assert.deepEqual(copied, ["http://lab.test/trick?level=5"]);
});

test("keys are the lab's", async () => {
  await running();
  const press = (key) => happen("keydown", {key});
  press(" ");
  press("n");
  assert.deepEqual(
    taken().map(({type, seed}) => [type, seed]),
    [
      ["pause", undefined],
      ["start", 101],
    ],
  );
  press("2");
  press("ArrowRight");
  assert.equal(values().kind, "b");
  press("v");
  press("?");
  assert.equal(lab.help.open, true);
});

test("on paper it is drawn anew, with all that was said and what it is of", async () => {
  await running({}, {about: "Trick, seed 100:"});
  const drawn = [];
  lab.painter.charts.clear();
  let arranged = 0;
  lab.panels.arrange = () => {
    arranged += 1;
  };
  const chart = {
    stale: false,
    touch() {},
    paint: () => drawn.push([chart.stale, one(".lab").hasAttribute("data-print")]),
  };
  lab.painter.charts.add(chart);
  const {getComputedStyle} = globalThis;
  globalThis.getComputedStyle = () => ({fontFamily: "sans", getPropertyValue: () => ""});
  happen("beforeprint");
  globalThis.getComputedStyle = getComputedStyle;
  assert.deepEqual([drawn.splice(0), arranged], [[[true, true]], 1]);
  assert.equal(text(".lab-colophon"), "Trick. Trick, seed 100. lab.picture.made");
  assert.deepEqual([lab.theme.family, one(".lab-earlier").open], ["sans", true]);
  chart.stale = false;
  happen("afterprint");
  assert.deepEqual(drawn, [[true, false]]);
  assert.deepEqual([text(".lab-colophon"), lab.theme.family, one(".lab-earlier").open], ["", "serif", false]);
});

test("another theme is seen in the legend and on the charts", async () => {
  await running();
  const [before] = document.querySelectorAll(".lab-arm");
  turnTheme(lab, {"--st-primary-color": "#ff0000"});
  assert.ok(one(".lab-arm") !== before);
});

test("it fills the screen, and is narrow on a phone", () => {
  document.body.getBoundingClientRect = () => ({top: 0});
  opened();
  const {root} = lab;
  root.getBoundingClientRect = () => ({top: 200});
  const wide = (width) => {
    Object.defineProperty(root, "clientWidth", {value: width, configurable: true});
    happen("resize");
    return root.hasAttribute("data-narrow");
  };
  assert.deepEqual([wide(760), wide(759)], [false, true]);
  assert.equal(root.style.getPropertyValue("--lab-height"), "636px");
  assert.equal(root.style.getPropertyValue("--lab-small"), "12px");
  root.getBoundingClientRect = () => ({top: 300});
  resize(document.body.parentElement); // what is above it
  assert.equal(root.style.getPropertyValue("--lab-height"), "560px");
  lab.destroy();
  root.getBoundingClientRect = () => ({top: 200});
  lab.measure();
  assert.equal(root.style.getPropertyValue("--lab-height"), "560px");
});

test("destroyed it says, writes and hears nothing more", async () => {
  await running({panels: [PANEL]});
  drag("level", 5);
  lab.nudge(1);
  const before = tab.written.length;
  const {messages} = newest();
  lab.destroy();
  messages.length = 0;
  const measured = [];
  lab.measure = () => measured.push("measured");
  happen("resize");
  happen("beforeprint");
  happen("keydown", {key: " "});
  tick(5000);
  assert.deepEqual([told, tab.written.length, messages, measured], [[], before, [], []]);
  assert.ok(!one(".lab"));
});

const REACH = {show: null, lock: [], strict: false};

test("a page that is handed out with one knob has that alone, and its address goes on saying so", async () => {
  await running({reach: {...REACH, show: ["level"]}});
  assert.deepEqual(
    [...document.querySelectorAll("[data-knob]")].map(({dataset}) => dataset.knob),
    ["level"],
  );
  assert.equal(text(".lab-reach > span"), "lab.reach.hidden");
  drag("level", 5);
  await pass(300);
  assert.equal(location.search, "?level=5&show=level");
  assert.equal(one("[data-action=seeds]"), null);
  lab.reseed();
  assert.deepEqual(types(), ["turn"]);
});

test("what is out of reach is of the page: it is drawn anew for another", () => {
  opened();
  const reach = {...REACH, lock: ["lr"]};
  assert.deepEqual([lab.fits(configOf()), lab.fits(configOf({reach}))], [true, false]);
});

test("all is brought in reach by asking the page's script", async () => {
  await running({reach: {...REACH, lock: ["level"]}});
  one("[data-action=unlock]").click();
  assert.equal(told.at(-1).unlock, true);
});

test("a strict page offers no way out of it", async () => {
  await connected({reach: {show: ["level"], lock: [], strict: true}});
  assert.deepEqual([one("[data-action=unlock]"), one("[data-action=lesson]")], [null, null]);
  assert.equal(one(".lab-reach").hidden, false);
});

test("a presenter's page names what it leaves out of its own, and keys do nothing of it", async () => {
  const reach = {...REACH, show: ["lr"], lock: ["lr"]};
  await connected({view: "present", present_knobs: ["level"], reach});
  assert.deepEqual(
    lab.controls.filter((name) => lab.reach.hides(name)),
    ["level", "seed", "charts"],
  );
  const hidden = () => lab.races.map(({element}) => element.hidden);
  const before = hidden();
  lab.nextChart();
  lab.nudge(1);
  lab.reseed();
  assert.deepEqual([hidden(), types()], [before, []]);
  const keys = [...document.querySelectorAll(".lab-help kbd")].map(({textContent}) => textContent);
  assert.deepEqual([keys.includes("R"), keys.includes("N"), keys.includes("V")], [true, false, false]);
});

test("a lesson link is of what is set, and of as much as is left in reach", async () => {
  tab = visit("/trick?embed=true");
  await connected({
    reach: {...REACH, lock: ["lr"]},
    knobs: [at(LEVEL, 5), KIND],
    plain: {...configOf().plain, seed: 7},
  });
  one("[data-action=lesson]").click();
  const link = () => /** @type {any} */ (one(".lab-lesson-box textarea")).value;
  assert.equal(link(), "http://lab.test/trick?seed=100&level=5&lock=lr");
  assert.equal(lab.addressWith({...REACH, show: []}, true), "http://lab.test/trick?seed=100&level=5&show=&autostart=1");
});
