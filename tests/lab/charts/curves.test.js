import assert from "node:assert/strict";
import {test} from "node:test";
import {bandRows, curvesFigure, interval, SeedCurves} from "../../../assets/lab/charts/curves.js";
import {axisOf} from "../../../assets/lab/charts/figure.js";
import {CalmRange} from "../../../assets/lab/data/series.js";
import {mounted} from "../dom.js";
import {labOf, near, plain, t} from "../lab.js";

const LAB = labOf();
const BAND = {steps: [1, 2, 3], mean: [4, 3, 2], low: [NaN, 2, 1], high: [NaN, 4, 3]};
const ARM = {
  look: 1,
  label: "one",
  seeds: new Map([
    [7, {steps: [1, 2], values: [4, 3]}],
    [8, {steps: [1, 2], values: [5, 1]}],
  ]),
  band: BAND,
};
const figureOf = (drawn, chart = {}, more = {empty: "none"}, lab = LAB) =>
  plain(curvesFigure(lab, {range: new CalmRange(), zoom: null, width: 400, height: 149, ...chart}, drawn, more, 0));

test("seeds are thin lines with gaps between, the band lies under the mean, which has its name at the end", () => {
  const edge = {type: "scatter", mode: "lines", x: [2, 3], line: {width: 0}, hoverinfo: "skip"};
  const {data, layout, empty, description} = figureOf([ARM]);
  assert.deepEqual(data, [
    {
      type: "scatter",
      mode: "lines",
      x: [1, 2, null, 1, 2, null],
      y: [4, 3, null, 5, 1, null],
      line: {color: "rgba(0,0,255,0.5)", width: 1},
      hoverinfo: "skip",
      connectgaps: false,
    },
    {...edge, y: [2, 1]},
    {...edge, y: [4, 3], fill: "tonexty", fillcolor: "rgba(0,0,255,0.26)"},
    {
      type: "scatter",
      mode: "lines",
      name: "one",
      x: [1, 2, 3],
      y: [4, 3, 2],
      customdata: ["", "lab.seeds.interval 2.00 4.00", "lab.seeds.interval 1.00 3.00"],
      line: {color: "#0000ff", width: 2.6, dash: "solid"},
      marker: {symbol: "circle", color: "#0000ff", size: 6},
      hovertemplate: "%{y:.3~g} %{customdata}",
    },
  ]);
  const {annotations, ...rest} = layout;
  assert.deepEqual(rest, {
    margin: {l: 42, r: 64, t: 20, b: 29},
    hovermode: "x unified",
    xaxis: plain(
      axisOf(LAB, false, {
        range: [0, 10],
        title: "lab.axis.step",
        unifiedhovertitle: {text: "lab.unit.step %{x:,.4~r}"},
      }),
    ),
    yaxis: plain(axisOf(LAB, false, {range: [0.76, 5.32], tickformat: ".3~g", nticks: 5})),
    shapes: [],
  });
  assert.equal(annotations.length, 1);
  assert.deepEqual([annotations[0].x, annotations[0].text], [3, '<span style="color:#0000ff">━</span> one']);
  near([annotations[0].y, annotations[0].yshift, annotations[0].xshift], [2, 0, 4]);
  assert.deepEqual([empty, description], ["", "one 2.00 lab.seeds.interval 1.00 3.00"]);
});

test("many seeds are fainter, and a dark ground has a stronger band", () => {
  const seeds = new Map(Array.from({length: 20}, (_, i) => [i, {steps: [1], values: [1]}]));
  const lab = {...LAB, theme: {...LAB.theme, dark: true}};
  const [thin, , band] = figureOf([{...ARM, seeds}], {}, {empty: ""}, lab).data;
  assert.deepEqual([thin.line.color, band.fillcolor], ["rgba(0,0,255,0.24)", "rgba(0,0,255,0.34)"]);
});

test("before there is a band it says what is waited for", () => {
  const {data, empty, layout} = figureOf([{look: 0, label: "base", seeds: new Map(), band: null}]);
  assert.deepEqual([data, empty, layout.yaxis.range], [[{x: [], y: []}], "none", [-0.06, 1.08]]);
  const unbanded = figureOf([{...ARM, band: {...BAND, steps: [], mean: []}}]);
  assert.deepEqual([unbanded.data.length, unbanded.empty], [2, "none"]);
});

test("a zoom is kept, and the name stands where the curve leaves it", () => {
  const {layout} = figureOf([ARM], {zoom: {xaxis: [0, 2.5], yaxis: [3.5, 5]}});
  assert.deepEqual(
    [layout.xaxis.range, layout.yaxis.range],
    [
      [0, 2.5],
      [3.5, 5],
    ],
  );
  assert.deepEqual([layout.annotations[0].x, layout.annotations[0].y], [2, 3.5]);
  near(layout.annotations[0].yshift, 2); // clear of the axis by a fifth of a letter
  const none = figureOf([ARM], {zoom: {xaxis: [0, 0.5]}});
  assert.deepEqual(none.layout.annotations, []);
});

test("there is room for the longest name, and none on a narrow screen", () => {
  const right = (label, width) => figureOf([{...ARM, label}], {width}).layout;
  assert.deepEqual(
    [right("a".repeat(10), 300), right("a".repeat(99), 300), right("a", 299)].map(({margin}) => margin.r),
    [80, 176, 12],
  );
  assert.deepEqual(right("a", 299).annotations, []);
});

test("what else is asked for is in view and drawn; a study says how long it is", () => {
  const lab = labOf({head: {steps: 50}});
  const more = {empty: "", also: [0], shapes: [{a: 1}], annotations: [{b: 2}]};
  const {layout} = figureOf([ARM], {}, more, lab);
  near(layout.yaxis.range, [-0.3, 5.4]);
  assert.deepEqual([layout.shapes, layout.annotations[0], layout.xaxis.range], [[{a: 1}], {b: 2}, [0, 50]]);
});

test("a single step is marked, and a mean without an interval is told alone", () => {
  const one = {steps: [1], mean: [4], low: [NaN], high: [NaN]};
  const figure = figureOf([{...ARM, band: one}]);
  assert.deepEqual([figure.data.at(-1).mode, figure.description], ["lines+markers", "one 4.00"]);
  assert.equal(figureOf([{...ARM, band: {...one, mean: [NaN]}}]).description, "one");
  assert.equal(interval(t, {low: null, high: null}), "");
  assert.equal(interval(t, {low: 1, high: 2}), "lab.seeds.interval 1.00 2.00");
  const pair = [ARM, {...ARM, label: "two"}];
  assert.equal(
    figureOf(pair).description,
    "one 2.00 lab.seeds.interval 1.00 3.00; two 2.00 lab.seeds.interval 1.00 3.00",
  );
});

test("the table has the steps of the first band, at most about fifty, and the last among them", () => {
  const other = {look: 2, label: "two", band: {steps: [2], mean: [9], low: [8], high: [10]}};
  assert.deepEqual(bandRows(LAB, [{band: null}, ARM, other]), {
    head: ["lab.axis.step", "one", "lab.seeds.low", "lab.seeds.high", "two", "lab.seeds.low", "lab.seeds.high"],
    rows: [
      ["1", "4.00", "–", "–", "", "", ""],
      ["2", "3.00", "2.00", "4.00", "9.00", "8.00", "10.0"],
      ["3", "2.00", "1.00", "3.00", "", "", ""],
    ],
  });
  assert.equal(bandRows(LAB, [{band: null}, {band: {steps: []}}]), null);
  const steps = Array.from({length: 101}, (_, i) => i + 1000);
  const {rows} = bandRows(LAB, [{...ARM, band: {steps, mean: steps, low: steps, high: steps}}]);
  assert.deepEqual([rows.length, rows[0][0], rows.at(-1)[0]], [34, "1,001", "1,100"]);
});

test("of a band only what has both ends is filled, and its mean is in view", () => {
  const band = {steps: [1, 2], mean: [9, 1], low: [1, 1], high: [NaN, 2]};
  const {data, layout} = figureOf([{...ARM, seeds: new Map(), band}]);
  assert.deepEqual([data[0].x, data[2].mode], [[2], "lines"]);
  near(layout.yaxis.range[1], 9 + 0.08 * 8);
});

test("a curve's only point has its name, at the very end of the axis too", () => {
  const {layout} = figureOf([{...ARM, band: {steps: [10], mean: [4], low: [NaN], high: [NaN]}}]);
  assert.equal(layout.annotations.length, 1);
});

test("names are kept clear of the axis by the height there is", () => {
  const band = {steps: [1], mean: [1], low: [NaN], high: [NaN]};
  const {layout} = figureOf(
    [
      {...ARM, band},
      {...ARM, band},
    ],
    {zoom: {yaxis: [1, 2]}},
  );
  near(
    layout.annotations.map(({yshift}) => yshift),
    [14.5, 2],
  ); // a line of 12.5 pixels above the last
});

test("mounted, the chart shows the curves of every arm under its title", () => {
  let title = "first";
  const asked = [];
  const store = {
    head: {},
    seeds: (...given) => asked.push(given) && new Map(),
    band: (arm) => ({steps: [1], mean: [arm], low: [NaN], high: [NaN]}),
  };
  const lab = labOf(store, {point: 3, curvesTitle: () => title});
  const chart = new SeedCurves({...lab, arms: () => [{index: 1, look: 2, label: "one"}]});
  assert.deepEqual([chart.id, chart.title], ["seeds", "first"]);
  mounted(chart);
  title = "second";
  const {description, data} = chart.figure();
  assert.deepEqual([chart.title, description, data[2].line.color], ["second", "one 1.00", "#ff0000"]);
  assert.deepEqual(asked, [[1, "test_loss", 3]]);
  assert.deepEqual(chart.rows().rows, [["1", "1.00", "–", "–"]]);
  chart.setZoom({xaxis: [0, 1]});
  const calm = chart.range.range;
  chart.reset();
  assert.deepEqual([chart.zoom, chart.range.range, Boolean(calm)], [null, null, true]);
  store.band = () => null;
  assert.equal(chart.figure().empty, "waiting");
});
