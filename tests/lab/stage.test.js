import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {mounting, Stage} from "../../assets/lab/stage.js";
import {turnTheme} from "./dom.js";
import {hide, pass, resize, sockets, tick, visit} from "./server.js";

const CONFIG = {
  trick: "trick",
  language: "de",
  labels: {
    "lab.connection.reason": "lost: {reason}",
    "lab.unstarted": "not started: {reason}.",
    "lab.refused.rule.range": "{name} is {value}",
  },
  metrics: [],
  knobs: [
    {name: "level", symbol: "x_1", label: "Level"},
    {name: "kind", symbol: "", label: "Kind"},
  ],
  socket: "live",
  version: 3,
  older: 4003,
  plotly: "plotly.min.js",
};
const REFUSED = {type: "refused", about: "start", name: "", value: null, parts: {}, message: "no", rule: "busy"};
const SNAPSHOT = {type: "snapshot", run: "r1"};

let calls = []; // of any page
let saidElsewhere = false;

class Page extends Stage {
  said = {};
  chart = {
    due: false,
    touched: [],
    touch: (urgent) => this.chart.touched.push(urgent),
    destroy: () => calls.push("chart destroyed"),
  };
  bare = {due: false, touch() {}}; // nothing is to be destroyed of it

  constructor(parent, config, host, again) {
    super(parent, config, host, again, "trick");
  }
  build() {
    return [this.chart, this.bare];
  }
  say(kind, text) {
    this.said[kind] = text;
  }
  settings() {
    return {task: "task"};
  }
  message(options) {
    return {type: "start", ...options};
  }
  attach(run) {
    return {type: "attach", run};
  }
  take({type, run}, arrays) {
    calls.push(["take", type, arrays.length]);
    this.store = {...this.store, run};
    this.answered();
  }
  refresh() {
    calls.push("refresh");
  }
  connected() {
    calls.push("connected");
  }
  begun() {
    calls.push("begun");
  }
  idle() {
    calls.push("idle");
  }
  heard(turns) {
    calls.push(["heard", turns]);
  }
  lostConnection() {
    calls.push("lost");
  }
  refused({rule}, text) {
    calls.push(["refused", rule, text]);
    return saidElsewhere;
  }
  fits(next) {
    return next.trick === this.config.trick;
  }
  apply(next) {
    calls.push(["apply", next.seed]);
  }
  leave(next) {
    calls.push(["leave", next.trick]);
  }
}

const newest = () => sockets.at(-1);
let storage;
beforeEach(() => {
  calls = [];
  saidElsewhere = false;
  ({storage} = visit());
});

function opened(config = CONFIG, Kind = Page) {
  const page = new Kind(document.body, config, {}, false);
  page.open();
  return page;
}

/** A page whose connection is open, and of which it is known what it watched. */
async function connected(Kind) {
  const page = opened(CONFIG, Kind);
  newest().accept();
  await pass();
  calls = [];
  return page;
}

/** The next connection is open. */
async function reconnected() {
  await pass(8000);
  newest().accept();
}

/** What this tab watched before a reload. */
function keeps(run) {
  storage.setItem("lab.run.trick", JSON.stringify({run, settings: JSON.stringify({task: "task"})}));
}

// --- starting ------------------------------------------------------------------------------------------------------

test("a press before there is a connection counts once there is, and once", async () => {
  const page = opened();
  page.start({paused: true});
  assert.equal(page.said.connection, "lab.connection.owed");
  await pass();
  page.start({paused: true});
  newest().accept();
  assert.deepEqual(newest().taken(), [{type: "start", paused: true}]);
  assert.deepEqual([page.said.connection, page.starting], ["", true]);
  newest().tell(SNAPSHOT);
  newest().drop();
  await reconnected();
  assert.deepEqual(newest().taken(), [{type: "attach", run: "r1"}]);
});

test("a start that was lost with its connection is told once more, and not twice", async () => {
  const page = await connected();
  page.start({stepping: true});
  newest().drop();
  assert.deepEqual([page.said.connection, page.starting], ["lab.connection.owed", false]);
  await reconnected();
  assert.deepEqual(newest().taken(), [{type: "start", stepping: true, again: true}]);
  assert.equal(page.owed, null);
  newest().drop();
  assert.equal(page.said.connection, "lab.connection.lost");
  await reconnected();
  assert.deepEqual(newest().taken(), []);
  assert.equal(calls.at(-2), "idle");
});

test("a start that was answered is not told again", async () => {
  const page = await connected();
  page.start();
  newest().tell(SNAPSHOT);
  assert.deepEqual([page.starting, page.attached], [false, true]);
  newest().drop();
  assert.deepEqual([page.owed, page.attached], [null, false]);
});

test("a start takes back what was said of the page", async () => {
  const page = await connected();
  page.unstarted = "because";
  page.chart.touched = [];
  page.start();
  assert.deepEqual(page.said, {connection: "", unstarted: "", refused: "", note: "", waiting: ""});
  assert.deepEqual([page.unstarted, page.started, page.chart.touched, calls], [null, {}, [true], ["refresh"]]);
});

test("after half a second it is said what is waited for", async () => {
  const page = opened();
  tick(499);
  assert.equal(page.said.waiting, undefined);
  tick(1);
  assert.equal(page.said.waiting, "lab.connection.first");
  newest().accept();
  assert.equal(page.said.waiting, "");
  await pass();
  page.start();
  tick(500);
  assert.equal(page.said.waiting, "lab.starting");
  newest().tell(SNAPSHOT);
  assert.equal(page.said.waiting, "");
  page.start();
  newest().tell(SNAPSHOT);
  tick(500);
  assert.equal(page.said.waiting, "");
  page.start();
  newest().drop();
  tick(500);
  assert.equal(page.said.waiting, "");
});

test("what came soon enough is not said to be waited for", async () => {
  const page = opened();
  newest().accept();
  tick(500);
  assert.equal(page.said.waiting, "");
  await pass();
  page.start();
  newest().tell(REFUSED);
  page.said.waiting = "other";
  tick(500);
  assert.equal(page.said.waiting, "other");
});

// --- the connection ------------------------------------------------------------------------------------------------

test("where there never was a connection it is not said too that the first is waited for", () => {
  const page = opened();
  tick(500);
  newest().drop();
  assert.deepEqual([page.said.waiting, page.said.connection], ["", "lab.connection.lost"]);
  const other = opened();
  newest().drop();
  tick(250);
  tick(250);
  assert.equal(other.said.waiting, "");
});

test("of a lost connection it is said why, where the server has said it", async () => {
  const page = await connected();
  newest().drop();
  assert.equal(page.said.connection, "lab.connection.lost");
  assert.deepEqual(calls, ["lost", "refresh"]);
  await reconnected();
  assert.equal(page.said.connection, "");
  newest().drop(1013, "too many");
  assert.equal(page.said.connection, "lost: too many");
  await reconnected();
  newest().drop(1012, "going");
  assert.equal(page.said.connection, "lab.connection.restart");
  await reconnected();
  newest().drop(1013, "too many");
  page.start();
  assert.equal(page.said.connection, "lab.connection.owed");
});

test("a kind of page says in its own words what is lost", async () => {
  class Other extends Page {
    static lost = "study lost";
  }
  const page = await connected(Other);
  newest().drop();
  assert.equal(page.said.connection, "study lost");
});

test("where the server is of another version its words stand, whatever is pressed", async () => {
  const page = await connected();
  newest().drop(4003, "Load the page anew.");
  assert.equal(page.said.connection, "Load the page anew.");
  page.start();
  tick(8000);
  assert.equal(page.said.connection, "Load the page anew.");
  assert.equal(sockets.length, 1);
});

test("the page's version is told, and what the server says is passed on", async () => {
  const page = await connected();
  assert.equal(newest().url, "ws://lab.test/live?v=3");
  newest().hear(2);
  newest().tell({type: "note", message: "worker lost"});
  newest().tell({type: "rows", run: "r1"}, [{name: "a", values: [1]}]);
  assert.deepEqual(calls, [
    ["heard", 2],
    ["take", "rows", 1],
  ]);
  assert.equal(page.said.note, "worker lost");
  assert.equal(page.send({type: "pause"}), true);
  assert.deepEqual(newest().taken(), [{type: "pause"}]);
});

test("each connection is told first whose it is", async () => {
  const {hello} = await import("../../assets/lab/page/lease.js");
  opened();
  for (const _ of [1, 2]) {
    newest().accept();
    assert.deepEqual(newest().messages, [hello()]);
    newest().drop();
    await pass(8000);
  }
});

test("what the address asks to watch goes before what the tab watched", async () => {
  keeps("r0");
  const page = opened({...CONFIG, watch: "r5"});
  newest().accept();
  assert.deepEqual([newest().taken(), page.recalled], [[{type: "attach", run: "r5"}], "r5"]);
  opened({...CONFIG, watch: null});
  newest().accept();
  assert.deepEqual(newest().taken(), [{type: "attach", run: "r0"}]);
});

test("a reload comes back to what the tab watched, and later to what it watches", async () => {
  keeps("r0");
  const page = opened();
  newest().accept();
  assert.deepEqual(newest().taken(), [{type: "attach", run: "r0"}]);
  assert.deepEqual(calls, ["refresh", "connected", "begun"]);
  newest().tell(SNAPSHOT);
  newest().drop();
  await reconnected();
  assert.deepEqual(newest().taken(), [{type: "attach", run: "r1"}]);
  assert.equal(page.recalled, "r0");
});

test("with nothing to come back to it begins as its kind does", async () => {
  opened();
  await pass();
  assert.deepEqual(calls, ["refresh"]);
  newest().accept();
  assert.deepEqual(calls, ["refresh", "connected", "idle", "begun"]);
});

// --- refusals ------------------------------------------------------------------------------------------------------

test("a refused start is said, and stays said until the next one", async () => {
  const page = await connected();
  page.start();
  page.chart.touched = [];
  newest().tell({...REFUSED, message: "all workers are taken."});
  assert.deepEqual([page.starting, page.unstarted], [false, "not started: All workers are taken."]);
  assert.equal(page.said.unstarted, page.unstarted);
  assert.deepEqual([page.said.refused, page.said.waiting], ["", ""]);
  assert.deepEqual(page.chart.touched, [true]);
  assert.deepEqual(calls.slice(-2), [["refused", "busy", "all workers are taken."], "refresh"]);
  assert.deepEqual(newest().taken(), [{type: "start"}]); // there is nothing to come back to
});

test("after a refused start on a fresh connection the run before is asked for again", async () => {
  const page = await connected();
  newest().tell(SNAPSHOT);
  page.start();
  newest().tell(REFUSED);
  assert.deepEqual(newest().taken(), [{type: "start"}]); // it is of this connection
  page.start();
  newest().drop();
  await reconnected();
  newest().tell(REFUSED);
  assert.deepEqual(
    newest()
      .taken()
      .map(({type, run}) => [type, run]),
    [
      ["start", undefined],
      ["attach", "r1"],
    ],
  );
});

test("a refusal of anything else is no start's", async () => {
  const page = await connected();
  page.start();
  newest().tell({...REFUSED, about: "turn", rule: "range", name: "level", value: 11});
  assert.deepEqual([page.starting, page.said.refused, page.said.unstarted], [true, "x₁ is 11", ""]);
  newest().tell({...REFUSED, about: "turn", rule: "range", name: "kind", value: "b"});
  assert.equal(page.said.refused, "Kind is b");
  newest().tell({...REFUSED, about: "turn", rule: "range", name: "batch_size", value: 1});
  assert.equal(page.said.refused, "Batch size is 1");
  newest().tell(SNAPSHOT);
  newest().tell({...REFUSED, message: "late"}); // nothing is being started
  assert.deepEqual([page.said.refused, page.said.unstarted, page.unstarted], ["late", "", null]);
});

test("another kind of page is begun by a message of its own", async () => {
  class Other extends Page {
    static starts = "study";
  }
  const page = await connected(Other);
  page.start();
  newest().tell({...REFUSED, message: "no"});
  assert.equal(page.starting, true);
  newest().tell({...REFUSED, about: "study", message: "no"});
  assert.deepEqual([page.starting, page.unstarted], [false, "not started: No."]);
});

test("what is said beside a knob, or came as the run ended, is not said in the line", async () => {
  const page = await connected();
  for (const rule of ["needs_run", "needs_study", "ended"])
    newest().tell({...REFUSED, about: "turn", rule, message: "over"});
  assert.equal(page.said.refused, undefined);
  saidElsewhere = true;
  newest().tell({...REFUSED, about: "turn", message: "no"});
  assert.equal(page.said.refused, undefined);
  assert.deepEqual(calls.at(-2), ["refused", "busy", "no"]);
});

// --- the screen ----------------------------------------------------------------------------------------------------

test("a page stands in its place, in its language and the theme's colors", () => {
  const page = opened();
  const {root} = page;
  assert.equal(root.parentElement, document.body);
  assert.deepEqual([root.className, root.getAttribute("lang"), root.children.length], ["lab", "de", 2]);
  assert.deepEqual([page.sentinel.className, page.sentinel.getAttribute("aria-hidden")], ["lab-sentinel", "true"]);
  assert.equal(root.style.getPropertyValue("--lab-on-accent"), "#fff");
  assert.equal(root.style.getPropertyValue("color-scheme"), "light");
  assert.deepEqual(page.chart.touched, [undefined]);
});

test("another theme is drawn, and the same one is not drawn again", () => {
  const page = opened();
  page.chart.touched = [];
  calls = [];
  turnTheme(page, {});
  assert.deepEqual([calls, page.chart.touched], [[], []]);
  turnTheme(page, {"--lab-text-color": "#ffffff", "--lab-ground": "#000000", "--st-primary-color": "#ffff00"});
  assert.deepEqual([calls, page.chart.touched], [["refresh"], [true]]);
  assert.equal(page.root.style.getPropertyValue("color-scheme"), "dark");
  assert.equal(page.root.style.getPropertyValue("--lab-on-accent"), "#000");
});

test("what is on the screen follows its size, and is drawn when it is looked at again", async () => {
  const page = opened();
  await pass();
  page.chart.touched = [];
  resize(page.root);
  assert.deepEqual(page.chart.touched, [undefined]);
  const seen = () => document.dispatchEvent(new document.defaultView.Event("visibilitychange"));
  hide(true);
  seen();
  assert.equal(page.chart.touched.length, 1);
  hide(false);
  seen();
  assert.deepEqual(page.chart.touched, [undefined, true]);
});

test("it can be seen from outside whether something waits to be drawn", () => {
  const page = opened();
  page.painter.wake();
  assert.equal(page.root.hasAttribute("data-due"), true);
  tick(16);
  assert.equal(page.root.hasAttribute("data-due"), false);
});

test("charts are drawn once plotly.js is there, and where it does not come that is said", async () => {
  const page = opened();
  page.chart.touched = [];
  await pass();
  assert.deepEqual([page.chart.touched, page.said.note], [[true], undefined]);
  const {Plotly} = globalThis;
  globalThis.Plotly = undefined;
  const other = opened();
  await pass(16);
  tick(1);
  const script = document.head.querySelector("script");
  assert.equal(script.getAttribute("src"), "plotly.min.js");
  script.onerror();
  await pass();
  globalThis.Plotly = Plotly;
  assert.equal(other.said.note, "lab.plotly.missing");
});

test("destroyed it leaves nothing behind", async () => {
  const page = opened();
  newest().accept();
  await pass();
  page.start();
  page.said = {};
  for (const name of ["measure", "touch", "retheme"]) page[name] = () => calls.push(name);
  page.destroy();
  tick(8000);
  assert.deepEqual([page.said, page.root.isConnected, newest().readyState, sockets.length], [{}, false, 3, 1]);
  assert.equal(calls.at(-1), "chart destroyed");
  assert.equal(page.painter.charts.size, 0);
  calls = [];
  page.sentinel.dispatchEvent(new document.defaultView.Event("transitionrun"));
  document.dispatchEvent(new document.defaultView.Event("visibilitychange"));
  resize(page.root);
  assert.deepEqual(calls, []);
});

test("a kind of page says only what it does otherwise", async () => {
  const page = opened(CONFIG, class extends Stage {});
  newest().accept();
  page.start();
  await pass();
  assert.deepEqual(newest().taken(), [{}]);
  newest().tell(REFUSED);
  newest().tell({type: "rows"});
  newest().hear(1);
  assert.deepEqual([page.present, page.font, page.fits({}), page.attach("r1")], [false, 12, true, {}]);
  assert.deepEqual([page.settings(), page.refused({}, "")], [null, false]);
  assert.equal(page.apply({}) ?? page.leave({}), undefined);
  newest().drop();
  page.destroy();
});

// --- mounting ------------------------------------------------------------------------------------------------------

test("a configuration that fits is applied, another takes the page's place, the same one changes nothing", () => {
  const pages = [];
  class Noted extends Page {
    constructor(parent, config, host, again) {
      super(parent, config, host, again);
      pages.push(this);
    }
  }
  const host = {};
  document.head.replaceChildren();
  document.defaultView.happyDOM.settings.disableCSSFileLoading = true;
  const mount = mounting(Noted, "lab");
  const mounted = mount(document.body, CONFIG, host);
  assert.match(document.head.querySelector("link").getAttribute("href"), /lab\+legend/);
  calls = [];
  mounted.update({...CONFIG});
  assert.deepEqual(calls, []);
  for (const seed of [7, 7]) mounted.update({...CONFIG, seed});
  assert.deepEqual(calls, [["apply", 7]]);
  mounted.update({...CONFIG, trick: "other"});
  assert.deepEqual(calls, [["apply", 7], ["leave", "other"], "chart destroyed", "refresh"]);
  assert.deepEqual(
    pages.map(({again, gone, host: told}) => [again, gone, told === host]),
    [
      [false, true, true],
      [true, false, true],
    ],
  );
  assert.equal(document.querySelectorAll(".lab").length, 1);
  mounted.update({...CONFIG, trick: "other", seed: 8});
  assert.deepEqual(calls.at(-1), ["apply", 8]);
  mounted.destroy();
  assert.equal(document.querySelectorAll(".lab").length, 0);
  mount(document.body, CONFIG, host);
  assert.equal(pages[2].again, true);
});

test("the page that is open is scrolled to in the list of pages", () => {
  document.body.innerHTML =
    '<div data-testid="stSidebarContent"><a data-testid="stSidebarNavLink" aria-current="page"></a></div>';
  const side = document.body.firstChild;
  side.getBoundingClientRect = () => ({top: 0, bottom: 100, height: 100});
  side.firstChild.getBoundingClientRect = () => ({top: 300, bottom: 320});
  mounting(Page, "lab")(document.createElement("div"), CONFIG, {});
  assert.equal(side.scrollTop, 250);
});
