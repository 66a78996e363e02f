import assert from "node:assert/strict";
import {test} from "node:test";
import {
  axisOf,
  endNames,
  extremes,
  lastOfEach,
  layoutOf,
  logNumbers,
  within,
  zoomIn,
} from "../../../assets/lab/charts/figure.js";
import {labOf, near} from "../lab.js";

const LAB = labOf();

test("an axis has the theme's colors and what is added, and letters after an underscore stand below", () => {
  assert.deepEqual(axisOf(LAB, true, {nticks: 3, range: [0, 1], title: "loss L_tr, 2_x"}), {
    showgrid: true,
    gridcolor: "#eeeeee",
    gridwidth: 1,
    zeroline: false,
    linecolor: "#bbbbbb",
    tickfont: {size: 10, color: "#777777"},
    nticks: 3,
    separatethousands: true,
    fixedrange: true,
    range: [0, 1],
    title: {text: "loss L<sub>tr</sub>, 2_x", font: {size: 10, color: "#777777"}, standoff: 6},
  });
  const {fixedrange, title, nticks} = axisOf(LAB, undefined, {});
  assert.deepEqual([fixedrange, title, nticks], [false, undefined, 6]);
});

test("what plotly.js writes into an axis's range is not written into what it was made of", () => {
  const range = [0, 1];
  const axis = /** @type {any} */ (axisOf(LAB, false, {range}));
  axis.range[0] = 0.5;
  assert.deepEqual(range, [0, 1]);
  assert.ok(!("range" in axisOf(LAB, false, {})));
});

test("a layout is as large as its chart, on the theme's ground", () => {
  const font = {size: 10, color: "#000000"};
  assert.deepEqual(layoutOf(LAB, {width: 300, height: 200, dragmode: "zoom"}), {
    width: 300,
    height: 200,
    paper_bgcolor: "#ffffff",
    plot_bgcolor: "#ffffff",
    font: {family: "serif", ...font},
    showlegend: false,
    hoverlabel: {bgcolor: "#ffffff", bordercolor: "#dddddd", font, namelength: -1},
    dragmode: "zoom",
  });
});

test("a log axis has its numbers written out", () => {
  assert.deepEqual(logNumbers([-2, 0]), {tickvals: [0.01, 0.1, 1], ticktext: ["0.01", "0.1", "1"]});
});

test("a zoom is what a change says of ranges, whole or end by end", () => {
  assert.deepEqual(zoomIn({"xaxis.range": [1, 2]}), {xaxis: [1, 2]});
  assert.deepEqual(zoomIn({"yaxis.range[0]": 3, "yaxis.range[1]": 4}), {yaxis: [3, 4]});
  assert.deepEqual(zoomIn({"yaxis.range[0]": 3, "yaxis.range[1]": 4, "xaxis.range": [0, 1]}), {
    xaxis: [0, 1],
    yaxis: [3, 4],
  });
  assert.equal(zoomIn({"xaxis.range[0]": 3, "xaxis.autorange": true}), null);
});

test("names stand beside the ends of their curves, pushed apart, and stay at the axis where the curve left it", () => {
  const ends = [
    {x: 5, y: 0.5, text: "a", color: "red"},
    {x: 6, y: 0.48, text: "b", color: "blue"},
    {x: 7, y: 3, text: "c", color: "green"},
  ];
  const how = {gap: 1.2, foot: 0.5, shift: 4, clip: true};
  const names = endNames(LAB, ends, [0, 1], 100, how);
  assert.deepEqual(names[0], {
    x: 5,
    y: 0.5,
    text: '<span style="color:red">━</span> a',
    showarrow: false,
    xanchor: "left",
    xshift: 4,
    yshift: 0,
    font: {size: 10, color: "#000000"},
  });
  near(names[1].yshift, -10); // 52 pixels down, but 12 below the first
  assert.deepEqual([names[2].x, names[2].y, names[2].yshift], [7, 1, -4]); // 4 pixels clear of the top
  const [low] = endNames(LAB, [{x: 0, y: -1, text: "d", color: "red"}], [0, 1], 100, how);
  assert.deepEqual([low.y, low.yshift], [0, 5]);
  const [free] = endNames(LAB, [ends[2]], [0, 2], 100, {...how, clip: false});
  assert.deepEqual([free.y, free.yshift], [3, -54]); // 50 pixels above the axis
});

test("a number is kept within two, and of many the lowest and highest are those that are finite", () => {
  assert.deepEqual([within(-1, 0, 2), within(1, 0, 2), within(3, 0, 2)], [0, 1, 2]);
  assert.deepEqual(extremes(Float64Array.of(NaN, 3, -2, Infinity)), [-2, 3]);
  assert.deepEqual(extremes([NaN]), [0, 1]);
});

test("of many values about as many as asked are kept, and the last", () => {
  assert.deepEqual(lastOfEach([1, 2, 3, 4, 5, 6, 7], 3), [1, 4, 7]);
  assert.deepEqual(lastOfEach([1, 2, 3, 4, 5, 6], 3), [2, 4, 6]);
  assert.deepEqual(lastOfEach([1, 2], 3), [1, 2]);
  assert.deepEqual(lastOfEach([], 3), []);
});
