import assert from "node:assert/strict";
import {test} from "node:test";
import {RaceChart} from "../../../assets/lab/charts/race.js";
import {raceFigure, raceRows} from "../../../assets/lab/charts/race_figure.js";
import {Reach} from "../../../assets/lab/data/reach.js";
import {mounted, outline} from "../dom.js";
import {labOf, plain, runOf} from "../lab.js";

const CHARTS = [
  {name: "loss", title: "Loss", traces: ["train_loss", "test_loss"], log: true},
  {name: "accuracy", title: "Accuracy", traces: ["test_accuracy"], log: false},
];

function race(more = {}) {
  const calls = [];
  const note = (name) => (value) => calls.push([name, value]);
  const store = runOf([{rows: {step: [1, 4], train_loss: [4, 1]}}]);
  const lab = labOf(store, {touch: note("touch"), report: note("report"), setCursor: note("cursor"), ...more});
  lab.config = {...lab.config, charts: CHARTS};
  lab.races = CHARTS.map((declared, i) => new RaceChart(lab, declared, i));
  const on = lab.races.map((chart) => mounted(chart, 400));
  return {lab, calls, on, first: lab.races[0], second: lab.races[1]};
}

test("a chart of the race shows what is made of the run, and which line is which", () => {
  const {lab, first, second} = race();
  assert.deepEqual([first.id, second.id, first.first, second.first], ["race-1", "race-2", true, false]);
  const {key, ...figure} = raceFigure(lab, {...first, width: 400, height: 200}, 0);
  assert.deepEqual(plain(first.figure()), plain(figure));
  assert.deepEqual([key, first.key.textContent], ["lab.key", "lab.key"]);
  assert.deepEqual(first.rows(), raceRows(lab, CHARTS[0].traces));
  assert.deepEqual(
    outline(first.element.querySelector("figcaption")).split("\n").slice(1, 5),
    [
      "    select class=lab-select lab-chart-title data-select=race-1 aria-label=lab.chart.choose",
      "      option value=loss selected=: Loss",
      "      option value=accuracy: Accuracy",
      "    span class=lab-key: lab.key",
    ].map((line) => line.slice(2)),
  );
  const button =
    "button type=button class=lab-tool lab-kept title=lab.log.help data-tool=log aria-pressed=true: lab.log";
  assert.equal(outline(first.tools.lastChild), button);
});

test("where there is nothing to choose from, and for a projector, its title stands there", () => {
  const {first} = race({present: true});
  assert.deepEqual([first.name.isConnected, first.choice, first.shown], [true, undefined, "loss"]);
  first.show("accuracy");
  assert.deepEqual([first.shown, first.name.textContent], ["accuracy", "Accuracy"]);
});

test("another quantity is chosen from its title", () => {
  const {first, calls} = race();
  first.setZoom({xaxis: [1, 2], yaxis: [0, 1]});
  first.range.follow([0, 1], 0);
  first.choice.value = "accuracy";
  first.choice.dispatchEvent(new window.document.defaultView.Event("change"));
  assert.deepEqual(
    [first.shown, first.title, first.traces, first.log],
    ["accuracy", "Accuracy", ["test_accuracy"], false],
  );
  assert.deepEqual([first.zoom, first.range.range], [{xaxis: [1, 2]}, null]);
  assert.equal(first.logButton.getAttribute("aria-pressed"), "false");
  assert.deepEqual(calls, [
    ["touch", true],
    ["report", undefined],
  ]);
  first.show("loss");
  assert.equal(first.choice.value, "loss");
  first.logButton.click();
  assert.equal(first.log, false);
});

test("charts share their x axis, whichever is zoomed, and forget it together", () => {
  const {first, second} = race();
  second.setZoom({yaxis: [0, 1]});
  first.setZoom({xaxis: [1, 2], yaxis: [5, 6]});
  assert.deepEqual(
    [first.zoom, second.zoom],
    [
      {xaxis: [1, 2], yaxis: [5, 6]},
      {xaxis: [1, 2], yaxis: [0, 1]},
    ],
  );
  first.range.follow([0, 1], 0);
  first.reset();
  assert.deepEqual([first.zoom, first.range.range, second.zoom], [null, null, {yaxis: [0, 1]}]);
  first.setLog(false);
  assert.equal(first.zoom, null);
});

test("pointing at a step is told to the page", () => {
  const {first, on, calls} = race();
  first.paint();
  on[0].plotly_hover({xvals: [3]});
  on[0].plotly_hover({});
  on[0].plotly_unhover();
  assert.deepEqual(calls, [
    ["cursor", 3],
    ["cursor", null],
    ["cursor", null],
  ]);
  assert.ok(on[0].plotly_relayout);
});

test("what it shows is not chosen where that is out of reach", () => {
  const reach = (told) => race({reach: new Reach({show: null, lock: [], strict: false, ...told})}).first;
  const hidden = reach({show: []});
  assert.deepEqual([hidden.choice, hidden.logButton.hidden, hidden.shown], [undefined, true, "loss"]);
  const locked = reach({lock: ["charts"]});
  assert.deepEqual([locked.choice.disabled, locked.logButton.disabled], [true, true]);
  assert.equal(locked.choice.title, "lab.reach.locked");
});
