import assert from "node:assert/strict";
import {test} from "node:test";
import {Scatter} from "../../../assets/lab/panels/scatter.js";
import {labOf, near, plain, runOf, THEME} from "../lab.js";

const points = (x, y, group) => ({x: [[1, x]], y: [[1, y]], group: [[1, group]]});
const FIELD = {values: "field", low: -1, high: [1, 3]};
const ARMS = [
  {probes: {...points([0, 1], [2, 3], [1, 0]), field: [[1, [0, 0.25, 0.5, 0.75, 1, 0], [2, 3]]]}},
  {probes: points([4, 5], [6, 7], [0, 0])},
];
const scatter = (declared = {}, more = {}, run = runOf(ARMS)) =>
  new Scatter(labOf(run, more), {x: "x", y: "y", ...declared}, {width: 300, height: 150});

test("points are colored and marked by group, each arm in a square of its own with its name", () => {
  const {data, layout, description} = plain(scatter({arms: "all", group: "group"}).figure());
  const dots = (axes, x, y, group, symbol) => ({
    type: "scatter",
    mode: "markers",
    ...axes,
    x,
    y,
    marker: {color: THEME.groups[group], size: 6, symbol, line: {color: "#ffffff", width: 0.8}},
    hovertemplate: `${group}: %{x:.3g}, %{y:.3g}<extra></extra>`,
  });
  const [left, right] = [
    {xaxis: "x", yaxis: "y"},
    {xaxis: "x2", yaxis: "y2"},
  ];
  assert.deepEqual(data, [
    dots(left, [1], [3], 0, "circle"),
    dots(left, [0], [2], 1, "square"),
    dots(right, [4, 5], [6, 7], 0, "circle"),
  ]);
  const bare = {showgrid: false, zeroline: false, showticklabels: false, fixedrange: true, ticks: ""};
  near(layout.xaxis.range, [-0.06, 1.08]);
  near(layout.yaxis2.range, [5.94, 7.08]);
  for (const name of ["xaxis", "yaxis", "xaxis2", "yaxis2"]) delete layout[name].range;
  const name = {y: 1, xref: "paper", yref: "paper", xanchor: "center", yanchor: "bottom", showarrow: false};
  const font = {size: 10, color: "#000000"};
  assert.deepEqual(layout, {
    margin: {l: 4, r: 4, t: 15, b: 4},
    annotations: [
      {...name, x: 0.245, text: "base", font},
      {...name, x: 0.755, text: "one", font},
    ],
    shapes: [],
    xaxis: {...bare, domain: [0, 0.49], anchor: "y"},
    yaxis: {...bare, anchor: "x"},
    xaxis2: {...bare, domain: [0.51, 1], anchor: "y2"},
    yaxis2: {...bare, anchor: "x2"},
  });
  assert.equal(description, "lab.describe.points 2");
});

test("without groups they have the arm's color; more than 400 are small", () => {
  const {data, layout} = plain(scatter().figure());
  assert.deepEqual([data.length, data[0].marker.color, data[0].marker.symbol], [1, "#0000ff", "circle"]);
  assert.deepEqual([data[0].hovertemplate, data[0].x], ["%{x:.3g}, %{y:.3g}<extra></extra>", [4, 5]]);
  assert.deepEqual([layout.annotations, layout.margin.t, layout.xaxis.domain], [[], 4, [0, 1]]);
  const size = (count) => {
    const many = Array.from({length: count}, (_, i) => i);
    return scatter({}, {}, runOf([{}, {probes: points(many, many, many)}])).figure().data[0].marker.size;
  };
  assert.deepEqual([size(400), size(401)], [6, 4]);
  const groups = scatter({group: "group"}, {}, runOf([{}, {probes: points([1, 2], [1, 2], [2, 9])}])).figure().data;
  assert.deepEqual(
    groups.map(({marker}) => [marker.color, marker.symbol]),
    [
      ["#0000ff", "diamond"],
      ["#ff8000", "square"],
    ],
  );
});

test("what an arm makes of the plane is shaded beneath, with its border", () => {
  const {data, layout} = plain(scatter({arms: "all", field: FIELD}).figure());
  const place = {
    x: [-1, 0, 1],
    y: [-1, 3],
    xaxis: "x",
    yaxis: "y",
    z: [
      [0, 0.25, 0.5],
      [0.75, 1, 0],
    ],
  };
  assert.deepEqual(data[0], {
    type: "heatmap",
    ...place,
    zmin: 0,
    zmax: 1,
    zsmooth: "best",
    showscale: false,
    colorscale: [
      [0, "rgb(140,140,255)"],
      [0.5, "#ffffff"],
      [1, "rgb(255,192,128)"],
    ],
    hoverinfo: "skip",
  });
  assert.deepEqual(data[1], {
    type: "contour",
    ...place,
    showscale: false,
    contours: {start: 0.5, end: 0.5, size: 1, coloring: "none"},
    line: {color: "#808080", width: 2, dash: "dash"},
    hoverinfo: "skip",
  });
  assert.equal(data.length, 4);
  assert.deepEqual(
    [layout.xaxis.range, layout.yaxis.range],
    [
      [-1, 1],
      [-1, 3],
    ],
  );
  assert.equal(scatter({arms: "all", field: FIELD}, {present: true}).figure().data[1].line.width, 4);
  const late = runOf([
    {
      probes: {
        ...ARMS[0].probes,
        field: [
          [1, [0, 1], [1, 2]],
          [3, [1, 0], [1, 2]],
        ],
      },
    },
    {},
  ]);
  const z = (cursor) => scatter({arms: "all", field: FIELD}, {cursor}, late).figure().data[0].z;
  assert.deepEqual([z(null), z(2)], [[[1, 0]], [[0, 1]]]);
});

test("paths stand over one ground, true to shape, with arrows from their ends; the trick's arms lie on top", () => {
  const path = {x: [[1, [0, 1, 1, 2, 1, 3]]], y: [[1, [0, 1, 1, 5, 1, 7]]], group: [[1, [0, 0, 1, 1, 2, 2]]]};
  const run = runOf([{probes: {...path, field: ARMS[0].probes.field}}, {probes: path}]);
  const panel = scatter({arms: "all", group: "group", field: FIELD, paths: true}, {}, run);
  const {data, layout, description} = plain(panel.figure());
  assert.deepEqual([panel.least, scatter().least], [304, 152]);
  const [heat, contour, one, thin, thick, base] = data;
  assert.deepEqual(heat.colorscale, [
    [0, "rgb(199,199,199)"],
    [1, "#ffffff"],
  ]);
  assert.deepEqual(contour, {
    type: "contour",
    x: heat.x,
    y: heat.y,
    z: heat.z,
    showscale: false,
    contours: {start: 0.1, end: 0.9, size: 0.1, coloring: "none"},
    line: {color: "rgba(0,0,0,0.22)", width: 1},
    hoverinfo: "skip",
  });
  const trace = {type: "scatter", mode: "lines+markers"};
  assert.deepEqual(one, {
    ...trace,
    x: [0, 1],
    y: [0, 1],
    line: {color: "#0000ff", width: 2, dash: "solid"},
    marker: {color: "#0000ff", size: [2, 9], line: {color: "#ffffff", width: [0, 1.5]}},
    hovertemplate: "one: %{x:.3g}, %{y:.3g}<extra></extra>",
  });
  const arrow = (x, y, size, width) => ({
    ...trace,
    x,
    y,
    line: {color: "#0000ff", width},
    marker: {symbol: "arrow", angleref: "previous", size: [0, size], color: "#0000ff", line: {width: 0}},
    hoverinfo: "skip",
  });
  assert.deepEqual([thin, thick], [arrow([1, 2], [1, 5], 6, 1.2), arrow([1, 3], [1, 7], 9, 2.6)]);
  assert.deepEqual([data.length, base.line.color], [8, "#808080"]);
  const scale = {type: "linear", showgrid: false, zeroline: false, showticklabels: false, fixedrange: true, ticks: ""};
  assert.deepEqual(layout, {
    margin: {l: 4, r: 4, t: 4, b: 4},
    xaxis: {...scale, range: [-1, 1], constrain: "domain"},
    yaxis: {...scale, range: [-1, 3], constrain: "domain", scaleanchor: "x"},
  });
  assert.equal(description, "lab.describe.point base 1.00 1.00; lab.describe.point one 1.00 1.00");
  const bare = scatter({group: "group", paths: true}, {}, run).figure();
  assert.equal(bare.data.length, 3);
});

test("a preview is of the arm that the knobs move; before there are points it waits", () => {
  const preview = new Map([
    ["x", {values: [1]}],
    ["y", {values: [2]}],
  ]);
  const {data} = scatter({arms: "all"}, {preview}, labOf().store).figure();
  assert.deepEqual([data.length, data[0].marker.color], [1, "#0000ff"]);
  assert.equal(scatter({}, {}, labOf().store).figure().empty, "lab.empty.panel");
  assert.equal(scatter({y: "none"}).figure().empty, "lab.empty.soon");
  assert.equal(scatter({x: "none"}).figure().empty, "lab.empty.soon");
});

test("the table has the first fifty points of the first arm", () => {
  assert.deepEqual(scatter().rows(), {
    head: ["<x>", "<y>"],
    rows: [
      ["4.00", "6.00"],
      ["5.00", "7.00"],
    ],
  });
  const many = Array.from({length: 60}, (_, i) => i);
  assert.equal(scatter({}, {}, runOf([{}, {probes: points(many, many, many)}])).rows().rows.length, 50);
  assert.equal(scatter({}, {arms: () => []}).rows(), null);
  assert.equal(scatter({y: "none"}).rows(), null);
  assert.equal(scatter({x: "none"}).rows(), null);
});
