import assert from "node:assert/strict";
import {test} from "node:test";
import {axisOf, logNumbers} from "../../../assets/lab/charts/figure.js";
import {OverSteps} from "../../../assets/lab/panels/lines.js";
import {labOf, near, plain, runOf} from "../lab.js";

const STEPS = [1, 2, 3, 4];
const ARMS = [
  {rows: {step: STEPS, loss: [8, 4, 2, 1]}, probes: {p: [[2, [5]]]}},
  {rows: {step: STEPS, loss: [8, 6, 4, 2]}, probes: {p: [[2, [50]]]}, knobs: {b: 3}},
];
const lines = (declared, more = {}, run = runOf(ARMS)) =>
  new OverSteps(labOf(run, more), {arrays: ["loss"], ...declared}, {width: 300, height: 134});

test("a curve for each arm over the steps, with its name at where the run is", () => {
  const panel = lines({arms: "all", ylabel: "Y"});
  const {data, layout, description} = plain(panel.figure());
  const line = (name, y, color, dash) => {
    return {
      type: "scatter",
      mode: "lines",
      name,
      x: STEPS,
      y,
      line: {color, width: 2, dash},
      hovertemplate: "%{y:.3~g}",
    };
  };
  assert.deepEqual(data, [
    line("base", [8, 4, 2, 1], "#808080", "dash"),
    line("one", [8, 6, 4, 2], "#0000ff", "solid"),
  ]);
  const {annotations, ...rest} = layout;
  const range = [1 - 0.06 * 7, 8 + 0.08 * 7];
  assert.deepEqual(rest, {
    margin: {l: 43, r: 52, t: 6, b: 28}, // four letters of 5.5 pixels, and 30
    hovermode: "x unified",
    xaxis: plain(axisOf(panel.lab, true, {range: [0, 10], title: "lab.axis.step"})),
    yaxis: plain(axisOf(panel.lab, true, {range, type: "linear", title: "Y", nticks: 4, tickformat: ".3~g"})),
    shapes: [],
  });
  assert.deepEqual(
    annotations.map(({x, y, text}) => [x, y, text]),
    [
      [4, 1, '<span style="color:#808080">━</span> base'],
      [4, 2, '<span style="color:#0000ff">━</span> one'],
    ],
  );
  assert.equal(description, "lab.describe.value base 1.00; lab.describe.value one 2.00");
  const far = lines({arms: "all"}, {nowAt: () => 99}).figure().layout.annotations[0];
  assert.equal(far.x, 10);
});

test("a curve that stopped long before another of its arm has its name where it stopped", () => {
  const at = (last) => {
    const run = runOf([{}, {rows: {step: STEPS, loss: [8, 4, 2, 1]}, probes: {p: [[last, [5]]]}}], {
      step: 4,
      steps: 10,
    });
    const {annotations} = lines({arrays: ["loss", "p"]}, {}, run).figure().layout;
    return annotations.map(({x}) => x);
  };
  assert.deepEqual(
    [at(2), at(3)],
    [
      [4, 2],
      [4, 4],
    ],
  ); // a step is a tenth of the axis
});

test("of one arm and one array no name is needed; further arrays are paler, thinner and dashed", () => {
  const alone = lines({}).figure();
  assert.deepEqual([alone.layout.margin.r, alone.layout.annotations, alone.data[0].name], [18, [], "one"]);
  const {data} = lines({arrays: ["loss", "p", "loss"], arms: "all"}).figure();
  assert.deepEqual(
    data.map(({name}) => name),
    ["<loss>, base", "<loss>, one", "<p>, base", "<p>, one", "<loss>, base", "<loss>, one"],
  );
  assert.deepEqual(
    data.map(({line}) => line.dash),
    ["dash", "solid", "dash", "dash", "dash", "dot"],
  );
  assert.deepEqual(data.map(({line}) => line.color).slice(1, 6), [
    "#0000ff",
    "rgb(166,166,166)",
    "rgb(77,77,255)",
    "rgb(198,198,198)",
    "rgb(140,140,255)",
  ]);
  assert.deepEqual([data[2].line.width, data[2].mode], [1.5, "markers"]);
  const many = lines({arrays: Array(5).fill("loss")}).figure();
  assert.deepEqual([many.data[3].line.dash, many.data[4].line.dash], ["dashdot", "solid"]);
  assert.equal(many.data[4].line.color, "rgb(140,140,255)"); // no paler than that
  const wide = lines({arms: "all"}, {arms: () => [0, 1].map((index) => ({index, label: "x".repeat(99)}))}).figure();
  assert.equal(wide.layout.margin.r, 100); // a third of the width
});

test("a log axis is in powers of ten, and the names with it", () => {
  const {layout} = lines({arms: "all", log: true}).figure();
  near(layout.yaxis.range, [-0.06 * Math.log10(8), 1.08 * Math.log10(8)]);
  assert.deepEqual([layout.yaxis.type, layout.yaxis.tickvals], ["log", logNumbers(layout.yaxis.range).tickvals]);
  near(
    layout.annotations.map(({y}) => y),
    [0, Math.log10(2)],
  );
});

test("rows are smoothed as the page says, probes are not", () => {
  const view = {x: "step", smooth: 4, ghost: false};
  const {data} = lines({arrays: ["loss", "p"]}, {view}).figure();
  assert.ok(data[0].y[0] < 8 && data[0].y[3] > 2);
  assert.equal(data[1].y[0], 50);
});

test("knobs that are levels are drawn as stairs, of the arms that have them", () => {
  const run = runOf(ARMS, {events: [{name: "b", arm: 1, step: 2, value: 7}], settings: {lr: 0.5}});
  const panel = lines({arms: "all", hlines: ["b", "lr"]}, {view: {x: "epoch", smooth: 1, ghost: false}}, run);
  const levels = panel.levels();
  assert.deepEqual(
    levels.map(({text, arm}) => [text, arm.index]),
    [
      ["b", 1],
      ["l", 0],
      ["l", 1],
    ],
  );
  assert.deepEqual(
    [levels[0].x, levels[0].values],
    [
      [0, 1, 1, 2],
      [3, 3, 7, 7],
    ],
  );
  assert.deepEqual(levels[0].line, {color: "#000000", width: 1.4, dash: "dot"});
  near(panel.figure().layout.yaxis.range, [0.5 - 0.06 * 7.5, 8 + 0.08 * 7.5]); // the learning rate is in view
  assert.equal(panel.figure().data.length, 5);
  const three = lines({hlines: ["b"]}, {}, runOf([...ARMS, {knobs: {b: 1}}]));
  assert.deepEqual(
    three.levels().map(({text}) => text),
    ["", ""],
  );
});

test("where a person points there is a line", () => {
  const {shapes} = lines({}, {cursorAt: 3}).figure().layout;
  const line = {color: "#bbbbbb", width: 1};
  assert.deepEqual(shapes, [{type: "line", x0: 3, x1: 3, yref: "paper", y0: 0, y1: 1, line}]);
});

test("before there are values it waits", () => {
  assert.equal(lines({}, {}, labOf().store).figure().empty, "lab.empty.panel");
  assert.equal(lines({arrays: ["none"]}).figure().empty, "lab.empty.soon");
  assert.equal(lines({}, {}, labOf().store).rows(), null);
});

test("the table has at most about fifty steps, and of each the last value up to there", () => {
  assert.deepEqual(lines({arrays: ["loss", "p"]}).rows(), {
    head: ["lab.axis.step", "<loss>", "<p>"],
    rows: [
      ["1", "8.00", ""],
      ["2", "6.00", "50.0"],
      ["3", "4.00", "50.0"],
      ["4", "2.00", "50.0"],
    ],
  });
  const step = Array.from({length: 101}, (_, i) => i + 1000);
  const {rows, head} = lines({}, {}, runOf([{}, {rows: {step, loss: step}}])).rows();
  assert.deepEqual([head[1], rows.length, rows[0][0], rows.at(-1)[0]], ["one", 33, "1,002", "1,098"]);
});
