import assert from "node:assert/strict";
import {test} from "node:test";
import {Comparison, readCompared, toCompare, whyNot} from "../../../assets/lab/library/comparison.js";
import {called, happen, sized, turnTheme} from "../dom.js";
import {t} from "../lab.js";
import {encode, hide, pass, visit} from "../server.js";

const spec = {settings: {}, arms: [{knobs: {}}, {knobs: {}}]};
const RUN = {
  spec,
  arm: 1,
  step: 4,
  steps: 4,
  steps_per_epoch: 2,
  failures: [],
  name: "",
  subject: "Flooding",
  open: "/o",
};
const chart = (name, better) => ({name, title: `the ${name}`, traces: [name], log: false, better});
const HEADER = {
  type: "compared",
  missing: [],
  differs: [{name: "level", symbol: "b", label: "level", values: ["0.4", "0.1"]}],
  charts: [chart("test_loss", "lower"), chart("train_loss", "lower")],
  judged: "test_loss",
  study: "/flooding?arms=x",
  repeated: "",
};

const LABELS = {"library.compare.missing": "Missing: {ids}", "library.compare.study.one": "Repeat {run}"};

/** A page that compares runs, whose server a test plays: of each run the losses of its baseline and its arm. */
async function opened(path, losses, header = {}, states = {}) {
  const tab = visit(path);
  called.length = 0;
  const server = {header, asked: 0, states, losses};
  globalThis.fetch = async () => {
    server.asked += 1;
    const runs = server.losses.map((_, i) => {
      const id = String.fromCharCode(97 + i);
      return {...RUN, id, state: server.states[id] ?? "finished", created: 1.7e9};
    });
    const arrays = server.losses.flatMap((arms, run) =>
      arms.flatMap((loss, arm) => [
        {run, group: "test", arm, name: "step", values: [2, 4]},
        {run, group: "test", arm, name: "test_loss", values: loss},
        {run, group: "row", arm, name: "step", values: [1, 4]},
        {run, group: "row", arm, name: "train_loss", values: loss},
        {run, group: "row", arm, name: "elapsed_s", values: [1, 4]},
      ]),
    );
    const body = encode({...HEADER, runs, ...server.header}, arrays);
    const headers = {get: () => null};
    return {status: 200, ok: true, headers, arrayBuffer: async () => body};
  };
  const parent = document.createElement("div");
  document.body.append(parent);
  const config = {language: "en", library: "/l", compared: [2, 8], labels: LABELS, app: "App"};
  const page = new Comparison(parent, /** @type {any} */ (config), readCompared(location.search));
  await pass();
  if (page.chart) {
    page.chart.plot.on = (event, call) => {
      page.on = {...page.on, [event]: call};
    };
    sized(page.chart.plot, 800, 300);
    page.touch(true);
    await pass(100);
  }
  const find = (selector) => /** @type {any} */ (parent.querySelector(selector));
  const drawn = () => called.filter((one) => one !== "purge").at(-1);
  const names = () => drawn().data.map(({name, line}) => [name, line.dash]);
  return {tab, server, page, parent, find, drawn, names};
}

const SAME = [
  [
    [9, 8],
    [7, 6],
  ],
  [
    [9, 8],
    [5, 4],
  ],
];
const OTHER = [
  [
    [9, 8],
    [7, 6],
  ],
  [
    [9, 1],
    [5, 4],
  ],
];

test("an address says which runs are compared, and is made of them", () => {
  visit("/library?lang=zh");
  assert.deepEqual(readCompared("?compare=b,a,b,"), ["b", "a"]);
  assert.deepEqual([readCompared(""), readCompared("?compare=")], [null, null]);
  assert.equal(toCompare(["a", "b"]), "?compare=a,b&lang=zh");
  visit("/library");
  assert.equal(toCompare(["a", "b"]), "?compare=a,b");
});

test("two to eight runs can be compared, and no studies", () => {
  const runs = (count) => Array.from({length: count}, () => ({kind: "run"}));
  assert.deepEqual(
    [1, 2, 8, 9].map((count) => whyNot(runs(count), [2, 8], t)),
    ["library.compare.count 2 8", "", "", "library.compare.count 2 8"],
  );
  assert.equal(whyNot([...runs(2), {kind: "study"}], [2, 8], t), "library.compare.seeds");
});

test("each run has a line of its own dash, and a baseline that all share one for all", async () => {
  const {names, find, page} = await opened("/library?compare=a,b", SAME);
  assert.deepEqual(names(), [
    ["b 0.4", "solid"],
    ["b 0.1", "dot"],
    ["lab.arm.baseline", "dash"],
  ]);
  assert.deepEqual(
    [find(".compare-hand").hidden, find("[data-action=study]").getAttribute("href")],
    [false, HEADER.study],
  );
  assert.deepEqual([find(".compare-missing").hidden, find("[data-setting]").dataset.setting], [true, "level"]);
  assert.equal(page.chart.filename(), "compare-a+b-race-1");
});

test("it is said whether a study repeats all runs or one alone", async () => {
  const told = async (repeated) =>
    (await opened("/library?compare=a,b", SAME, {repeated})).find("[data-action=study]").textContent;
  assert.deepEqual([await told(""), await told("b")], ["library.compare.study", "Repeat b 0.1"]);
});

test("baselines that differ are each drawn, fainter and dashed", async () => {
  const {names, page} = await opened("/library?compare=a,b", OTHER);
  assert.deepEqual(names().slice(2), [
    ["library.compare.baseline", "dash"],
    ["library.compare.baseline", "dash"],
  ]);
  assert.deepEqual(
    page.arms().map(({look, weak}) => [look, Boolean(weak)]),
    [
      [1, false],
      [2, false],
      [1, true],
      [2, true],
    ],
  );
});

test("another theme is drawn", async () => {
  const {page, drawn} = await opened("/library?compare=a,b", SAME);
  const before = drawn().data.map(({line}) => line.color);
  turnTheme(page, {"--lab-text-color": "#ffffff", "--lab-ground": "#000000"});
  await pass(100);
  assert.equal(page.root.style.getPropertyValue("color-scheme"), "dark");
  for (const [i, {line}] of drawn().data.entries()) assert.notEqual(line.color, before[i]);
});

test("eight runs have each a look of their own", async () => {
  const {page} = await opened(
    "/library?compare=a,b,c,d,e,f,g,h",
    Array.from({length: 8}, () => SAME[0]),
    {differs: []},
  );
  const looks = page.arms().map(({look, dash}) => `${page.theme.arms[look]} ${dash}`);
  assert.equal(new Set(looks).size, 9);
});

test("another quantity, axis, smoothing and reference can be chosen, and the address says what is not plain", async () => {
  const {page, find, drawn, tab} = await opened("/library?compare=a,b&lang=en", SAME);
  find("select").value = "train_loss";
  happen(find("select"), "change");
  page.look({x: "epoch", smooth: 3});
  page.refer(1);
  await pass(400);
  assert.deepEqual(
    [page.metric, page.name("train_loss"), drawn().layout.xaxis.range],
    ["train_loss", "the train_loss", [0, 2]],
  );
  const written = "?compare=a,b&reference=b&metric=train_loss&x=epoch&smooth=3&lang=en";
  assert.equal(tab.written.at(-1), written);
  find("[data-tool=log]").click();
  await pass(400);
  assert.equal(tab.written.at(-1), written.replace("&lang", "&log=1&lang"));
  assert.deepEqual([page.referred, page.toolbar.axes.value], [1, "epoch"]);
  page.destroy();
  const again = await opened(`/library${tab.written.at(-1)}`, SAME);
  assert.deepEqual([again.page.metric, again.page.referred, again.page.chart.log], ["train_loss", 1, true]);
  assert.deepEqual([again.page.view, again.page.toolbar.axes.value], [{x: "epoch", smooth: 3, ghost: false}, "epoch"]);
  assert.equal(again.drawn().layout.yaxis.type, "log");
  const wrong = await opened("/library?compare=a,b&reference=z&metric=z&x=z&smooth=-2", SAME);
  assert.deepEqual([wrong.page.metric, wrong.page.referred], ["test_loss", 0]);
  assert.deepEqual(wrong.page.view, {x: "step", smooth: 1, ghost: false});
});

test("what was pointed at last stays in the table, until another axis is shown", async () => {
  const {page, find} = await opened("/library?compare=a,b", SAME);
  const value = () => find("[data-compared=a]").children[5].textContent;
  assert.equal(value(), "–");
  page.on.plotly_hover({xvals: [2.4]});
  page.on.plotly_unhover();
  assert.deepEqual([page.cursor, value()], [2, "7.00"]);
  page.look({x: "epoch"});
  assert.deepEqual([page.cursor, value()], [null, "–"]);
});

test("what is missing is said, the others are shown; without any no verdict is denied", async () => {
  const {find} = await opened("/library?compare=a,b,x", SAME, {missing: ["x"], study: ""});
  assert.deepEqual([find(".compare-missing").textContent, find("[data-action=study]").hidden], ["Missing: x", true]);
  const none = await opened("/library?compare=x,y", [], {missing: ["x", "y"], charts: [], differs: [], judged: ""});
  assert.deepEqual([none.find(".compare-hand").hidden, none.page.chart], [true, undefined]);
  const apart = await opened("/library?compare=a,b", SAME, {charts: []});
  assert.equal(apart.find(".compare-missing").textContent, "library.compare.unshared");
});

test("it follows what goes on or is paused while it is looked at, and rests when all have ended", async () => {
  const {server, page} = await opened("/library?compare=a,b", SAME, {}, {b: "paused"});
  const before = server.asked;
  server.states = {b: "running"};
  await pass(4000);
  assert.deepEqual([server.asked, page.stores[1].state], [before + 1, "running"]);
  server.states = {};
  hide(true);
  await pass(60_000);
  assert.equal(server.asked, before + 1);
  hide(false);
  happen(document, "visibilitychange");
  await pass();
  assert.deepEqual([server.asked, page.stores[1].state], [before + 2, "finished"]);
  happen(document, "visibilitychange");
  await pass(60_000);
  assert.equal(server.asked, before + 2);
});

test("where all of them are deleted while one is followed, that is said in the place of chart and tables", async () => {
  const {server, page, find} = await opened("/library?compare=a,b", SAME, {}, {b: "running"});
  Object.assign(server, {losses: [], header: {missing: ["a", "b"], charts: [], differs: [], judged: ""}});
  await pass(4000);
  page.chart.paint();
  assert.deepEqual([find(".compare-missing").textContent, find(".compare-body").hidden], ["Missing: a, b", true]);
  assert.equal(find("tbody").children.length, 0);
});

/** A page of these runs whose server answers as `lab.answer` does. */
async function asking(ids) {
  visit("/library");
  const lab = {asked: 0, answer: async () => Promise.reject(new TypeError("no network"))};
  globalThis.fetch = /** @type {any} */ (
    () => {
      lab.asked += 1;
      return lab.answer();
    }
  );
  const parent = document.createElement("div");
  document.body.append(parent);
  const config = /** @type {any} */ ({language: "en", library: "/l", compared: [2, 8], labels: {}});
  const page = new Comparison(parent, config, ids);
  await pass();
  const texts = () => [".library-line", ".compare-missing"].map((name) => parent.querySelector(name).textContent);
  const says = (status, text) => async () => /** @type {any} */ ({status, ok: false, text: async () => text});
  return {lab, page, parent, texts, says};
}

test("a lab that does not answer, or cannot for now, is asked again, one that refuses is not", async () => {
  const {lab, page, parent, texts, says} = await asking(["a", "b"]);
  assert.deepEqual([lab.asked, ...texts()], [1, "library.unreached", ""]);
  hide(true);
  await pass(4000);
  assert.equal(lab.asked, 1);
  lab.answer = says(503, "The store is busy.");
  hide(false);
  happen(document, "visibilitychange");
  await pass();
  assert.deepEqual([lab.asked, ...texts()], [2, "The store is busy.", ""]);
  lab.answer = says(502, "<html>");
  await pass(4000);
  assert.deepEqual([lab.asked, ...texts()], [3, "library.unreached", ""]);
  lab.answer = says(400, "Not so.");
  await pass(4000);
  assert.deepEqual([lab.asked, ...texts()], [4, "Not so.", ""]);
  await pass(60_000);
  assert.equal(lab.asked, 4);
  page.destroy();
  assert.equal(parent.children.length, 0);
});

test("too many runs, or too few, are not asked for", async () => {
  for (const ids of [["a"], [..."abcdefghi"]]) {
    const {lab, texts} = await asking(ids);
    assert.deepEqual([lab.asked, ...texts()], [0, "library.compare.count", ""]);
  }
});

test("what is wrong is said as long as it is, and only what is over is taken back", async () => {
  const {page, find, server} = await opened("/library?compare=a,b", SAME, {}, {b: "running"});
  const line = find(".library-line");
  page.lacking = "no chart";
  await pass(4000);
  assert.equal(line.textContent, "no chart");
  const {fetch} = globalThis;
  globalThis.fetch = async () => Promise.reject(new TypeError("no network"));
  await pass(4000);
  assert.equal(line.textContent, "library.unreached");
  globalThis.fetch = fetch;
  await pass(4000);
  assert.deepEqual([line.textContent, server.asked > 2], ["no chart", true]);
});
