import assert from "node:assert/strict";
import {test} from "node:test";
import {
  ArmDifferences,
  armDifferenceRows,
  armDifferences,
  SeedDifferences,
  seedDifferences,
  sidesOf,
} from "../../../assets/lab/charts/differences.js";
import {axisOf} from "../../../assets/lab/charts/figure.js";
import {CalmRange} from "../../../assets/lab/data/series.js";
import {Study} from "../../../assets/lab/data/study.js";
import {mounted} from "../dom.js";
import {labOf, near, plain, runOf} from "../lab.js";

const at = (test_loss, test_accuracy) => ({tests: {step: [4], test_loss: [test_loss], test_accuracy: [test_accuracy]}});
const LAB = labOf(runOf([at(1, 0.5), at(0.5, 0.25), at(1.25, 0.5), {}]));

test("the better side is that of the metric", () => {
  assert.deepEqual(sidesOf("lower", LAB.t), {less: "lab.many.better", more: "lab.many.worse"});
  assert.deepEqual(sidesOf("higher", LAB.t), {less: "lab.many.worse", more: "lab.many.better"});
});

test("a bar for each arm that was measured, to the side of its sign; the better ones in the accent", () => {
  const side = {y: 1, xref: "paper", yref: "paper", yanchor: "bottom", showarrow: false};
  const font = {size: 10, color: "#777777"};
  assert.deepEqual(plain(armDifferences(LAB, 420)), {
    empty: "",
    data: [
      {
        type: "bar",
        orientation: "h",
        y: ["one", "two"],
        x: [-0.5, 0.25],
        marker: {
          color: ["#0000ff", "rgba(0,0,0,0.35)"],
          pattern: {shape: ["", "/"], size: 5, solidity: 0.35, fgcolor: "#777777"},
        },
        text: ["−0.50", "+0.25"],
        textposition: "outside",
        cliponaxis: false,
        textfont: {size: 10, color: "#000000"},
        hovertemplate: "%{y}: %{x:+.3~g}<extra></extra>",
      },
    ],
    layout: {
      margin: {l: 5 * 5.5 + 12, r: 12, t: 20, b: 24},
      bargap: 0.35,
      xaxis: plain(
        axisOf(LAB, true, {
          range: [-0.75, 0.75],
          zeroline: true,
          zerolinecolor: "#bbbbbb",
          tickformat: "+.2~g",
          nticks: 5,
          showticklabels: true,
        }),
      ),
      yaxis: plain(
        axisOf(LAB, true, {
          type: "category",
          categoryorder: "array",
          categoryarray: ["three", "two", "one"],
          range: [-0.6, 2.6],
          showgrid: false,
          showticklabels: true,
          tickmode: "linear",
        }),
      ),
      annotations: [
        {...side, x: 0, xanchor: "left", text: "← lab.many.better", font},
        {...side, x: 1, xanchor: "right", text: "lab.many.worse →", font},
      ],
    },
    description: "one −0.50; two +0.25",
  });
  const long = {...LAB, labels: () => ["base", "x".repeat(99)]};
  const margins = [419, 420].map((width) => armDifferences(long, width).layout.margin.l);
  assert.deepEqual(margins, [150, 220]);
  near(armDifferences(LAB, 419).layout.xaxis.range, [-0.95, 0.95]);
});

test("of a metric that is to be high the other side is the better one", () => {
  const {data, layout} = armDifferences({...LAB, metric: "test_accuracy"}, 500);
  assert.deepEqual(data[0].x, [-0.25, 0]);
  assert.deepEqual(data[0].marker.color, ["rgba(0,0,0,0.35)", "rgba(0,0,0,0.35)"]);
  assert.equal(layout.annotations[0].text, "← lab.many.worse");
});

test("before there is a measurement it says so, on an empty axis", () => {
  const {empty, data, layout, description} = armDifferences(labOf(), 500);
  assert.deepEqual([empty, data[0].x, description], ["lab.many.empty.differences", [], ""]);
  const reach = 1.5 * 1e-9;
  assert.deepEqual([layout.xaxis.range, layout.xaxis.showticklabels], [[-reach, reach], false]);
  assert.deepEqual([layout.yaxis.showticklabels, layout.margin.l], [false, 12]);
});

test("the differences as a table", () => {
  assert.deepEqual(armDifferenceRows(LAB), {
    head: ["lab.many.arm", "<test_loss>", "lab.many.difference"],
    rows: [
      ["one", "0.500", "−0.50"],
      ["two", "1.25", "+0.25"],
      ["three", "–", ""],
    ],
  });
});

test("an arm that ended has no bar, and says so in the table", () => {
  const failures = [{arm: 1, step: 4, knobs: {}}];
  const lab = labOf(runOf([at(1, 0.5), at(0.5, 0.25), at(1.25, 0.5), {}], {failures}));
  assert.deepEqual(armDifferences(lab, 500).data[0].y, ["two"]);
  assert.deepEqual(armDifferenceRows(lab).rows.slice(0, 2), [
    ["one", "lab.many.ended", ""],
    ["two", "1.25", "+0.25"],
  ]);
  const gone = labOf(runOf([at(1, 0.5), at(0.5, 0.25)], {failures}));
  assert.equal(armDifferences(gone, 500).empty, "lab.many.empty.ended");
});

test("each seed is above or below the baseline of its own, and nothing is a line", () => {
  const store = new Study();
  const curve = (arm, seed, values) => [
    {group: "seed", arm, name: "test_loss", seed, axis: "steps", values: Float64Array.of(1, 2)},
    {group: "seed", arm, name: "test_loss", seed, axis: "values", values: Float64Array.from(values)},
  ];
  const band = (axis, values) => ({
    group: "band",
    of: "difference",
    arm: 1,
    name: "test_loss",
    axis,
    values: Float64Array.from(values),
  });
  store.add({study: "s", steps: 2}, [
    ...curve(0, 5, [3, 2]),
    ...curve(1, 5, [4, 4]),
    band("steps", [1, 2]),
    band("mean", [1, 2]),
    band("low", [0.5, 1.5]),
    band("high", [1.5, 2.5]),
  ]);
  const arms = () => ["base", "one"].map((label, index) => ({label, index, look: index}));
  const lab = labOf(store, {arms, better: () => "lower", waitingText: (whole) => `waiting ${whole}`});
  const chart = () => ({range: new CalmRange(), zoom: null, width: 500, height: 200});
  const {data, layout, empty} = plain(seedDifferences(lab, chart(), 0));
  assert.deepEqual(
    [data[0].x, data[0].y],
    [
      [1, 2, null],
      [1, 2, null],
    ],
  );
  assert.equal(data.length, 4);
  near(layout.yaxis.range, [-0.12, 2.16]); // nothing is in view
  const line = {color: "#000000", width: 1.5};
  assert.deepEqual(layout.shapes, [{type: "line", xref: "paper", x0: 0, x1: 1, y0: 0, y1: 0, line, layer: "below"}]);
  const place = {xref: "paper", yref: "paper", x: 0, xanchor: "left", xshift: 6, showarrow: false};
  const font = {size: 10, color: "#777777"};
  assert.deepEqual(layout.annotations.slice(0, 2), [
    {...place, font, y: 1, yanchor: "top", text: "↑ lab.many.worse"},
    {...place, font, y: 0, yanchor: "bottom", text: "↓ lab.many.better"},
  ]);
  assert.equal(empty, "");
  const unjudged = {...lab, better: () => null};
  assert.equal(seedDifferences(unjudged, chart(), 0).layout.annotations.length, 1);
  assert.equal(seedDifferences({...lab, store: new Study()}, chart(), 0).empty, "waiting true");
});

test("mounted, the charts show this under the metric's name", () => {
  const bars = new ArmDifferences({...LAB});
  assert.deepEqual([bars.id, bars.title, bars.still], ["differences", "lab.many.differences <test_loss>", true]);
  mounted(bars, 419);
  assert.deepEqual(plain(bars.figure()), plain(armDifferences(LAB, 419)));
  assert.deepEqual(bars.rows(), armDifferenceRows(LAB));
  bars.lab.metric = "test_accuracy";
  bars.rename();
  assert.equal(bars.title, "lab.many.differences <test_accuracy>");
  const store = new Study();
  const arms = () => ["base", "one"].map((label, index) => ({label, index, look: index}));
  store.difference = (arm) => ({steps: [1], mean: [arm], low: [NaN], high: [NaN]});
  const seeds = new SeedDifferences(labOf(store, {arms, better: () => "lower"}));
  assert.deepEqual([seeds.id, seeds.title], ["difference", ""]);
  mounted(seeds);
  assert.equal(seeds.figure().description, "one 1.00");
  assert.equal(seeds.title, "lab.seeds.difference <test_loss>");
  assert.deepEqual(seeds.rows().rows, [["1", "1.00", "–", "–"]]);
});
