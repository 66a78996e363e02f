import assert from "node:assert/strict";
import {test} from "node:test";
import {axisOf} from "../../../assets/lab/charts/figure.js";
import {Curve} from "../../../assets/lab/panels/curve.js";
import {labOf, near, plain, runOf} from "../lab.js";

const preview = new Map(
  Object.entries({x: [0, 1, 2, 3], f: [0, 1, 4, 9], g: [0, 1, 2, 3]}).map(([name, values]) => [name, {values}]),
);
const ARMS = [
  {probes: {a: [[1, [1]]], b: [[1, [-1]]]}},
  {probes: {a: [[1, [2]]], b: [[1, [5]]], edges: [[1, [0, 1, 3]]], counts: [[1, [4, 2]]]}},
];
const curve = (declared = {}, more = {}, run = runOf(ARMS)) =>
  new Curve(
    labOf(run, {preview, ...more}),
    {x: "x", y: ["f"], xlabel: "X", ylabel: "Y", ...declared},
    {width: 300, height: 134},
  );

test("a function of the knobs, the arm's point on it and what the batch has of it beneath", () => {
  const panel = curve({point: ["a", "b"], histogram: {edges: "edges", counts: "counts"}});
  const {data, layout, description} = plain(panel.figure());
  assert.deepEqual(data, [
    {
      type: "bar",
      x: [0.5, 2],
      width: [1, 2],
      y: [4, 2],
      yaxis: "y2",
      marker: {color: "rgba(0,0,255,0.28)"},
      name: "<counts>",
    },
    {
      type: "scatter",
      mode: "lines",
      name: "<f>",
      hovertemplate: "%{y:.3~g}",
      x: [0, 1, 2, 3],
      y: [0, 1, 4, 9],
      line: {color: "#0000ff", width: 2.4, dash: "solid"},
    },
    {
      type: "scatter",
      mode: "markers",
      name: "one",
      x: [2],
      y: [5],
      marker: {symbol: "circle", size: 11, color: "#0000ff", line: {color: "#ffffff", width: 2}},
      cliponaxis: false,
    },
  ]);
  assert.deepEqual(layout, {
    margin: {l: 43, r: 18, t: 6, b: 28},
    hovermode: "x",
    bargap: 0.06,
    xaxis: plain(axisOf(panel.lab, true, {range: [0, 3], title: "X"})),
    yaxis: plain(axisOf(panel.lab, true, {range: [-0.54, 9.54], title: "Y", nticks: 4, tickformat: ".3~g"})),
    yaxis2: {overlaying: "y", range: [0, 12], visible: false, fixedrange: true},
    annotations: [],
  });
  assert.equal(description, "lab.describe.point one 2.00 5.00");
});

test("further functions are muted, thin and dashed, and all are named at their ends", () => {
  const {data, layout} = curve({y: ["f", "g", "f", "g", "f"]}).figure();
  assert.deepEqual(
    data.map(({line}) => [line.color, line.width, line.dash]),
    [
      ["#0000ff", 2.4, "solid"],
      ["#777777", 1.6, "dot"],
      ["#777777", 1.6, "dash"],
      ["#777777", 1.6, "dashdot"],
      ["#777777", 1.6, "solid"],
    ],
  );
  assert.deepEqual(
    layout.annotations.slice(0, 2).map(({x, y, text}) => [x, y, text]),
    [
      [3, 9, '<span style="color:#0000ff">━</span> &lt;f>'],
      [3, 3, '<span style="color:#777777">━</span> &lt;g>'],
    ],
  );
  near([layout.margin.r, layout.yaxis2.range[1]], [3 * 5.5 + 30, 1]);
  const [big] = curve({}, {present: true}).figure().data;
  assert.equal(big.line.width, 4);
});

test("every arm that is shown has its point; one that stands outside does not stretch the axis", () => {
  const both = curve({point: ["a", "b"], arms: "all"}, {present: true, theme: {...labOf().theme, dark: true}}).figure();
  assert.deepEqual(
    both.data.slice(1).map(({name, marker}) => [name, marker.size]),
    [
      ["base", 16],
      ["one", 16],
    ],
  );
  near(both.layout.yaxis.range, [-1.6, 9.6]);
  assert.equal(both.description, "lab.describe.point base 1.00 −1.00; lab.describe.point one 2.00 5.00");
  const at = (x) =>
    curve({point: ["a", "b"]}, {}, runOf([{}, {probes: {a: [[1, [x]]], b: [[1, [20]]]}}])).figure().layout.yaxis.range;
  near([at(0)[1], at(3)[1], at(-0.1)[1], at(3.1)[1]], [21.2, 21.2, 9.54, 9.54]);
  const none = curve({point: ["a", "none"]}).figure();
  assert.equal(none.data.length, 1);
  const flat = new Map([
    ["x", {values: [0, 1]}],
    ["f", {values: [2, 2]}],
  ]);
  near(curve({}, {preview: flat}).figure().layout.yaxis.range, [2 - 0.06 * 2e-3, 2 + 0.06 * 2e-3]);
});

test("what was so stands as it was, and the knobs say only what is ahead", () => {
  const run = runOf([{}, {rows: {step: [0, 1], was: [7, 8]}}], {step: 1});
  const panel = curve({past: ["was"]}, {}, run);
  const {data, layout} = plain(panel.figure());
  assert.deepEqual(
    data.map(({x, y, line}) => [x, y, line.width, line.dash, line.shape]),
    [
      [[0, 1], [7, 8], 2.4, "solid", "hv"], // known at these steps, and so until the next
      [[2, 3], [4, 9], 1.2, "dot", undefined],
    ],
  );
  near(layout.yaxis.range, [-0.54, 9.54]);
  assert.deepEqual(panel.rows(), {
    head: ["X", "<f>"],
    rows: [
      ["0", "7.00"],
      ["1.00", "8.00"],
      ["2.00", "4.00"],
      ["3.00", "9.00"],
    ],
  });
  const over = curve({past: ["was"]}, {}, runOf([{}, {rows: {step: [0, 1], was: [7, 8]}}], {step: 3})).figure();
  assert.equal(over.data.length, 1);
  const none = curve({past: ["other"]}, {}, run).figure();
  assert.deepEqual([none.data.length, none.data[0].line.width], [1, 2.4]);
});

test("what is learned is as the selected arm has it; before that it waits", () => {
  const run = runOf([
    {},
    {probes: {x: [[1, [0, 1]]], f: [[1, [5, 6]]]}},
    {probes: {x: [[1, [0, 1]]], f: [[1, [7, 8]]]}},
  ]);
  const own = (selected) => curve({}, {preview: new Map(), selected}, run).figure().data[0];
  assert.deepEqual([[...own(2).y], own(2).line.color], [[7, 8], "#ff0000"]);
  assert.deepEqual([...own(9).y], [5, 6]);
  assert.equal(curve({}, {preview: new Map()}, labOf().store).figure().empty, "lab.empty.preview");
  assert.equal(curve({y: ["none"]}).figure().empty, "lab.empty.soon");
  assert.equal(curve({}, {preview: new Map()}).rows(), null);
  const before = curve(
    {point: ["a", "b"], histogram: {edges: "edges", counts: "counts"}, past: ["f"]},
    {},
    labOf().store,
  );
  assert.equal(before.figure().data.length, 1);
  assert.equal(curve({histogram: {edges: "edges", counts: "none"}}).figure().data.length, 1);
  assert.equal(curve({histogram: {edges: "none", counts: "counts"}}).figure().data.length, 1);
});

test("the table has at most fifty rows, and its own names where the axes have none", () => {
  const values = Array.from({length: 120}, (_, i) => i);
  const many = new Map([
    ["x", {values}],
    ["f", {values}],
  ]);
  const {head, rows} = curve({xlabel: "", y: ["f", "none"]}, {preview: many}).rows();
  assert.deepEqual([head, rows.length, rows[1]], [["<x>", "<f>", "<none>"], 40, ["3.00", "3.00", ""]]);
});
