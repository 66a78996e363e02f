import assert from "node:assert/strict";
import {test} from "node:test";
import {axisOf} from "../../../assets/lab/charts/figure.js";
import {Bars} from "../../../assets/lab/panels/bars.js";
import {labOf, near, plain, runOf} from "../lab.js";

const RUN = runOf([{probes: {p: [[1, [1, 3]]]}}, {probes: {p: [[1, [2, 2000]]], q: [[1, [-1, 1]]]}}]);
const bars = (declared, lab = labOf(RUN)) => new Bars(lab, {array: "p", ...declared}, {width: 300, height: 150});

test("a bar for each amount of each arm, up from nothing", () => {
  const panel = bars({arms: "all", labels: ["a", "b"], xlabel: "X", ylabel: "Y"});
  const bar = (name, y, color, shape) => ({
    type: "bar",
    name,
    x: ["a", "b"],
    y,
    marker: {color, pattern: {shape, size: 5, solidity: 0.35}},
    hovertemplate: "%{x}: %{y:.3~g}",
  });
  const {data, layout, description} = plain(panel.figure());
  assert.deepEqual(data, [bar("base", [1, 3], "#808080", "/"), bar("one", [2, 2000], "#0000ff", "")]);
  assert.deepEqual(layout, {
    margin: {l: 43, r: 18, t: 6, b: 28},
    bargap: 0.25,
    xaxis: plain(axisOf(panel.lab, true, {type: "category", title: "X", showgrid: false, nticks: 12, tickangle: 0})),
    yaxis: plain(axisOf(panel.lab, true, {range: [0, 2160], title: "Y", nticks: 4, tickformat: ",.3~r"})),
  });
  assert.equal(description, "base: a 1.00, b 3.00; one: a 2.00, b 2,000");
  assert.deepEqual(panel.rows(), {
    head: ["", "base", "one"],
    rows: [
      ["a", "1.00", "2.00"],
      ["b", "3.00", "2,000"],
    ],
  });
});

test("amounts below nothing are in view, and without names they are numbered", () => {
  const {data, layout} = bars({array: "q"}).figure();
  assert.deepEqual([data[0].x, layout.yaxis.tickformat], [["0", "1"], ".3~g"]);
  near(layout.yaxis.range, [-1.12, 1.16]);
  const small = runOf([{}, {probes: {p: [[1, [NaN, 1000]]]}}]);
  assert.equal(bars({}, labOf(small)).figure().layout.yaxis.tickformat, ",.3~r");
});

test("a preview is of the arm that the knobs move: before a run, or where the panel says so", () => {
  const preview = new Map([["p", {values: [7, 8]}]]);
  const names = (declared, lab) =>
    bars(declared, lab)
      .figure()
      .data.map(({name, y}) => [name, y[0]]);
  assert.deepEqual(names({arms: "all"}, labOf(undefined, {preview})), [["one", 7]]);
  assert.deepEqual(names({arms: "all", preview: true}, labOf(RUN, {preview})), [["one", 7]]);
  assert.deepEqual(names({arms: "all"}, labOf(RUN, {preview})), [
    ["base", 1],
    ["one", 2],
  ]);
});

test("before there are amounts it waits", () => {
  assert.equal(bars({}, labOf()).figure().empty, "lab.empty.panel");
  assert.equal(bars({}, labOf()).rows(), null);
});
