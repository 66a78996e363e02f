import assert from "node:assert/strict";
import {test} from "node:test";
import {axisOf} from "../../../assets/lab/charts/figure.js";
import {cellText, pointAt, SeedMap, seedMap} from "../../../assets/lab/charts/map.js";
import {Study} from "../../../assets/lab/data/study.js";
import {mounted} from "../dom.js";
import {labOf, plain, t} from "../lab.js";

const AXES = [
  {name: "rate", values: [0, 1, 2]},
  {name: "kind", values: ["a", "b"]},
];
const row = (rate, kind, mean, point, more = {}) => {
  return {
    metric: "test_loss",
    values: {rate, kind},
    mean,
    low: mean - 1,
    high: mean + 1,
    n: 3,
    num_diverged: 0,
    point,
    ...more,
  };
};
const ROWS = [row(0, "a", 2, 0), row(1, "a", 4, 1), row(2, "b", NaN, 2, {n: 1, num_diverged: 2})];

function labWith(response, head = {}) {
  const store = new Study();
  store.add({study: "s", response, ...head}, []);
  return labOf(store, {
    axes: () => AXES,
    axisTitle: (name) => `axis ${name}`,
    better: () => "lower",
    point: 1,
    responseTitle: () => "title",
  });
}
const LAB = labWith(ROWS, {neutral: {rate: 0}});

test("a map has a cell for each pair of values, the open one framed", () => {
  const {data, layout, empty, description} = plain(seedMap(LAB, 200));
  const muted = {size: 10, color: "#777777"};
  assert.deepEqual(data, [
    {
      type: "heatmap",
      z: [
        [2, 4, null],
        [null, null, null],
      ],
      x: [0, 1, 2],
      y: [0, 1],
      zmin: 2,
      zmax: 4,
      colorscale: [
        [0, "rgba(0,0,255,0)"],
        [1, "rgba(0,0,255,0.75)"],
      ],
      reversescale: true,
      showscale: true,
      colorbar: {
        thickness: 10,
        outlinewidth: 0,
        nticks: 5,
        tickformat: ".3~g",
        tickfont: muted,
        title: {text: "<test_loss>", side: "right", font: muted},
      },
      xgap: 2,
      ygap: 2,
      text: [
        ["2", "4", ""],
        ["", "", "†"],
      ],
      texttemplate: "%{text}",
      textfont: {size: 10, color: "#000000"},
      customdata: [
        [
          "rate,0,kind,a: 2.00 lab.seeds.interval 1.00 3.00, n = 3",
          "rate,1,kind,a: 4.00 lab.seeds.interval 3.00 5.00, n = 3",
          "",
        ],
        ["", "", "rate,2,kind,b: – lab.seeds.interval – –, n = 1"],
      ],
      hovertemplate: "%{customdata}<extra></extra>",
    },
  ]);
  const axis = (name, ticktext) => {
    const tickvals = [...ticktext.keys()];
    const range = [-0.5, ticktext.length - 0.5];
    return plain(axisOf(LAB, true, {title: `axis ${name}`, tickvals, ticktext, range, showgrid: false}));
  };
  assert.deepEqual(layout, {
    margin: {l: 57, r: 65, t: 8, b: 34}, // 6 letters of 5.5 pixels, and 24
    hovermode: "closest",
    xaxis: axis("rate", ["rate=0 (lab.neutral)", "rate=1", "rate=2"]),
    yaxis: axis("kind", ["kind=a", "kind=b"]),
    shapes: [{type: "rect", x0: 0.5, x1: 1.5, y0: -0.5, y1: 0.5, line: {color: "#000000", width: 2.5}}],
  });
  assert.deepEqual([empty, description], ["", "rate,0,kind,a: 2.00; rate,1,kind,a: 4.00"]);
});

test("without means it says what is waited for, without a scale", () => {
  const {data, layout, empty} = seedMap({...labWith([]), better: () => "higher", valueText: () => "x"}, 200);
  assert.deepEqual([empty, data[0].showscale, data[0].reversescale], ["waiting", false, false]);
  assert.deepEqual([data[0].zmin, data[0].zmax, layout.margin.r, layout.margin.l], [0, 1, 8, 48]);
  assert.deepEqual(layout.shapes, []);
  const [{zmin, zmax}] = seedMap(labWith([row(0, "a", 7, 0)]), 200).data;
  assert.deepEqual([zmin, zmax], [7, 8]); // one mean alone
});

test("a cell says its mean and how many seeds diverged, in the room there is", () => {
  const told = (mean, num_diverged, roomy) => cellText(t, {mean, n: 2, num_diverged}, roomy);
  assert.deepEqual([told(1.2345, 0, true), told(1.2345, 0, false)], ["1.23", "1.2"]);
  assert.deepEqual([told(1.2345, 1, true), told(1.2345, 1, false)], ["1.23<br>lab.seeds.diverged 1 3", "1.2 †"]);
  assert.deepEqual([told(NaN, 1, true), told(NaN, 0, true), cellText(t, undefined, true)], ["†", "", ""]);
  const [roomy, tight] = [157, 156].map((width) => seedMap(labWith([row(0, "a", 1.234, 0)]), width).data[0].text[0][0]);
  assert.deepEqual([roomy, tight], ["1.23", "1.2"]); // 52 pixels a cell
});

test("mounted, a press on a cell opens its curves", () => {
  const chosen = [];
  const lab = {...LAB, choose: (point) => chosen.push(point)};
  const chart = new SeedMap(lab);
  const on = mounted(chart, 156);
  assert.deepEqual(plain(chart.figure()), plain(seedMap(lab, 156)));
  lab.responseTitle = () => "new";
  chart.paint();
  assert.equal(chart.title, "new");
  on.plotly_click({points: [{x: 1, y: 0}]});
  on.plotly_click({points: [{x: 1, y: 1}]});
  assert.deepEqual(chosen, [1]);
  assert.ok(on.plotly_relayout);
  assert.equal(pointAt(LAB, AXES, 2, 1).point, 2);
});
