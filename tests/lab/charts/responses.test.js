import assert from "node:assert/strict";
import {test} from "node:test";
import {axisOf} from "../../../assets/lab/charts/figure.js";
import {
  ArmResponse,
  along,
  armResponse,
  armResponseRows,
  neutralMark,
  SeedResponse,
  seedResponse,
} from "../../../assets/lab/charts/responses.js";
import {Study} from "../../../assets/lab/data/study.js";
import {mounted} from "../dom.js";
import {labOf, near, plain, runOf} from "../lab.js";

const KNOBS = [
  {name: "rate", symbol: "η", label: "learning rate", unit: "per step", neutral: 0.1, choices: []},
  {name: "kind", symbol: "", label: "kind", unit: "", neutral: "b", choices: ["a", "b"]},
];
const declared = (name) => KNOBS.find((knob) => knob.name === name);

function swept(values, losses, name = "rate", failures = []) {
  const arms = [1, ...losses].map((loss, i) => ({
    tests: Number.isFinite(loss) ? {step: [4], test_loss: [loss]} : {},
    knobs: i ? {[name]: values[i - 1]} : {},
  }));
  const store = runOf(arms, {called: ["base", ...values.map((value) => `at ${value}`)], failures});
  return labOf(store, {declared, spec: store.spec});
}

test("values lie along an axis by steps, by factors or as places of their own", () => {
  const even = along([0, 1, 2], true);
  assert.deepEqual([even.log, even.first, even.last, even.across(1), even.place(1)], [false, 0, 2, 1, 1]);
  const log = along([0.01, 0.1, 1], true);
  assert.deepEqual([log.log, log.first, log.last, log.across(0.01), log.place(0.01)], [true, -2, 0, -2, 0.01]);
  const choices = along(["a", "b"], false, (value) => `<${value}>`);
  assert.deepEqual([choices.log, choices.first, choices.last, choices.across("b")], [false, 0, 1, 1]);
  assert.deepEqual([choices.place("b"), choices.none, along([], true).none], ["<b>", false, true]);
});

test("where the knob changes nothing there is a line, if that is on the axis", () => {
  const lab = labOf();
  const at = (neutral, values) => neutralMark(lab, neutral, along(values, typeof values[0] === "number"));
  const line = {
    type: "line",
    yref: "paper",
    y0: 0,
    y1: 1,
    line: {color: "#777777", width: 1, dash: "dot"},
    layer: "below",
  };
  const name = {
    showarrow: false,
    yref: "paper",
    font: {size: 10, color: "#777777"},
    y: 1,
    yanchor: "bottom",
    text: "lab.neutral",
  };
  assert.deepEqual(at(0.1, [0.01, 0.1, 1]), {shapes: [{...line, x0: 0.1, x1: 0.1}], annotations: [{...name, x: -1}]});
  assert.deepEqual(at(0, [0, 1, 2]), {shapes: [{...line, x0: 0, x1: 0}], annotations: [{...name, x: 0}]});
  assert.equal(at(2, [0, 1, 2]).shapes.length, 1);
  assert.equal(at("b", ["a", "b"]).shapes[0].x0, 1);
  for (const [neutral, values] of [
    [-1, [0, 1, 2]],
    [3, [0, 1, 2]],
    [0, [0.01, 0.1, 1]],
    ["c", ["a", "b"]],
    [null, [0, 1]],
    [undefined, [0, 1]],
    [0, []],
  ])
    assert.deepEqual(at(neutral, values), {shapes: [], annotations: []});
});

test("a sweep's arms stand over the knob's values, the baseline is a level, the neutral value is hollow", () => {
  const lab = swept([0.01, 0.1, 1], [0.5, 2, NaN]);
  const color = "#0000ff";
  const muted = {size: 10, color: "#777777"};
  assert.deepEqual(plain(armResponse(lab, "rate")), {
    empty: "",
    data: [
      {
        type: "scatter",
        mode: "lines+markers",
        x: [0.01, 0.1],
        y: [0.5, 2],
        line: {color, width: 2},
        marker: {color: [color, "#ffffff"], size: 8, line: {color, width: 2}},
        hovertemplate: "%{x}: %{y:.3~g}<extra></extra>",
      },
    ],
    layout: {
      margin: {l: 42, r: 70, t: 20, b: 29},
      xaxis: plain(
        axisOf(lab, true, {title: "η learning rate (per step)", type: "log", range: [-2.1, 0.1], tickformat: ".2~g"}),
      ),
      yaxis: plain(axisOf(lab, true, {range: [0.32, 2.18], nticks: 5, tickformat: ".3~g"})),
      shapes: [
        {
          type: "line",
          xref: "paper",
          x0: 0,
          x1: 1,
          y0: 1,
          y1: 1,
          line: {color: "#808080", width: 2, dash: "dash"},
        },
        {
          type: "line",
          x0: 0.1,
          x1: 0.1,
          yref: "paper",
          y0: 0,
          y1: 1,
          line: {color: "#777777", width: 1, dash: "dot"},
          layer: "below",
        },
      ],
      annotations: [
        {
          showarrow: false,
          font: muted,
          xref: "paper",
          x: 1,
          xanchor: "left",
          xshift: 4,
          y: 1,
          text: "lab.arm.baseline",
        },
        {showarrow: false, font: muted, x: -1, yref: "paper", y: 1, yanchor: "bottom", text: "lab.neutral"},
      ],
    },
    description: "at 0.01: 0.500; at 0.1: 2.00",
  });
  assert.deepEqual(armResponseRows(lab, "rate"), {
    head: ["r", "<test_loss>", "lab.many.difference"],
    rows: [
      ["rate=0.01", "0.500", "−0.50"],
      ["rate=0.1", "2.00", "+1.0"],
      ["rate=1", "–", ""],
    ],
  });
});

test("a sweep of choices has a place for each; of even values the axis is even", () => {
  const {data, layout} = armResponse(swept(["a", "b"], [1, 3], "kind"), "kind");
  assert.deepEqual([data[0].mode, data[0].x, layout.xaxis.type], ["markers", ["kind=a", "kind=b"], "category"]);
  assert.deepEqual([layout.xaxis.range, layout.xaxis.title.text], [[-0.5, 1.5], "kind"]);
  assert.equal(layout.xaxis.tickformat, undefined);
  const even = armResponse(swept([0, 1, 2], [1, 1, 1]), "rate").layout;
  assert.deepEqual([even.xaxis.type, even.xaxis.range], ["linear", [-0.1, 2.1]]);
  near(even.yaxis.range, [0.88, 1.12]);
  const single = armResponse(swept([3], [0]), "rate").layout;
  near(single.xaxis.range, [2.95, 3.05]);
});

test("an arm that ended has no point but a word at its value; a baseline that ended is no level", () => {
  const ended = (...arms) => arms.map((arm) => ({arm, step: 4, knobs: {}}));
  const lab = swept([0.01, 1, 100], [0.5, 2, 0.25], "rate", ended(3));
  const {data, layout} = armResponse(lab, "rate");
  assert.deepEqual([data[0].x, layout.shapes[0].y0], [[0.01, 1], 1]);
  const words = layout.annotations.filter(({text}) => text === "lab.many.ended");
  assert.deepEqual(
    words.map(({x, y}) => [x, y]),
    [[2, 0]],
  );
  assert.deepEqual(armResponseRows(lab, "rate").rows.at(-1), ["rate=100", "lab.many.ended", ""]);
  const gone = armResponse(swept([0.01, 1], [0.5, NaN], "rate", ended(1, 2)), "rate");
  assert.deepEqual([gone.empty, gone.data[0].x.length, gone.layout.annotations.length], ["", 0, 4]);
  const lost = armResponse(swept([0.01, 1], [0.5, 2], "rate", ended(0)), "rate").layout;
  assert.ok(!lost.annotations.some(({text}) => text === "lab.arm.baseline"));
  near(lost.yaxis.range, [0.32, 2.18]);
});

test("before there is a measurement it says so", () => {
  const none = armResponse(labOf(undefined, {declared}), undefined);
  assert.deepEqual([none.empty, none.data[0].x], ["lab.many.empty.response", []]);
  assert.deepEqual([none.layout.shapes, none.layout.xaxis.range], [[], [0, 1]]);
  near(none.layout.yaxis.range, [-0.12, 1.12]);
});

const row = (value, mean, low, high, more = {}) => {
  return {metric: "test_loss", values: {rate: value}, mean, low, high, n: 3, num_diverged: 0, point: value, ...more};
};

function study(rows, name = "rate") {
  const store = new Study();
  store.add({study: "s", response: rows, neutral: {}}, []);
  const values = rows.map((one) => one.values[name]);
  return labOf(store, {declared, axes: () => [{name, values}], axisTitle: (axis) => `axis ${axis}`, point: 1});
}

test("over a knob's values a study has means with their band, and says where seeds diverged", () => {
  const lab = study([
    row(0, 2, 1, 3),
    row(1, 4, NaN, NaN),
    row(2, NaN, NaN, NaN, {n: 1, num_diverged: 2}),
    row(3, 3, 2, 4),
  ]);
  const {data, layout, empty, description} = plain(seedResponse(lab));
  const edge = {type: "scatter", mode: "lines", x: [0, 3], line: {width: 0}, hoverinfo: "skip"};
  const color = "#0000ff";
  assert.deepEqual(data, [
    {...edge, y: [1, 2]},
    {...edge, y: [3, 4], fill: "tonexty", fillcolor: "rgba(0,0,255,0.26)"},
    {
      type: "scatter",
      mode: "lines+markers",
      x: [0, 1, 3],
      y: [2, 4, 3],
      line: {color, width: 2.4},
      marker: {color: [color, "#ffffff", color], size: [8, 12, 8], line: {color, width: 2.4}},
      customdata: ["1.00 3.00", "– –", "2.00 4.00"].map((ends) => `lab.seeds.interval ${ends}, n = 3`),
      hovertemplate: "%{x}: %{y:.3~g} %{customdata}<extra></extra>",
    },
  ]);
  const {annotations, shapes, ...rest} = layout;
  assert.deepEqual(rest, {
    margin: {l: 42, r: 16, t: 20, b: 29},
    hovermode: "closest",
    xaxis: plain(axisOf(lab, true, {title: "axis rate", type: "linear", range: [-0.18, 3.18], tickformat: ".2~g"})),
    yaxis: plain(axisOf(lab, true, {range: [0.64, 4.36], nticks: 5, tickformat: ".3~g"})),
  });
  const font = {size: 10, color: "#777777"};
  assert.deepEqual(annotations[0], {
    showarrow: false,
    yref: "paper",
    font,
    y: 0,
    yanchor: "bottom",
    x: 2,
    text: "lab.seeds.diverged 2 3",
  });
  assert.deepEqual([shapes[0].x0, annotations.length], [0.1, 2]);
  assert.equal(empty, "");
  assert.equal(
    description,
    "rate,0: 2.00 lab.seeds.interval 1.00 3.00; rate,1: 4.00 lab.seeds.interval – –; rate,3: 3.00 lab.seeds.interval 2.00 4.00",
  );
  const dark = seedResponse({...lab, theme: {...lab.theme, dark: true}});
  assert.equal(dark.data[1].fillcolor, "rgba(0,0,255,0.34)");
});

test("of choices the band is bars, and the study's own neutral value comes first", () => {
  const rows = [row("a", 2, 1.5, 3), row("b", 4, 3, 6)].map((one) => ({...one, values: {kind: one.point}}));
  const lab = study(rows, "kind");
  lab.store.head.neutral = {kind: "a"};
  const {data, layout} = plain(seedResponse(lab));
  assert.equal(data.length, 1);
  assert.deepEqual([data[0].mode, data[0].x], ["markers", ["kind=a", "kind=b"]]);
  assert.deepEqual(data[0].error_y, {
    type: "data",
    symmetric: false,
    array: [1, 2],
    arrayminus: [0.5, 1],
    color: "#0000ff",
  });
  assert.deepEqual([layout.shapes[0].x0, layout.xaxis.range], [0, [-0.5, 1.5]]);
});

test("before there is a mean a study says what is waited for", () => {
  const {empty, data} = seedResponse(study([row(0, NaN, NaN, NaN)]));
  assert.deepEqual([empty, data[2].x], ["waiting", []]);
});

test("mounted, a sweep's chart is named after its knob, and follows it", () => {
  let knob = "rate";
  const lab = {...swept([0.01, 0.1, 1], [0.5, 2, 3]), sweptKnob: () => knob};
  const chart = new ArmResponse(lab);
  assert.deepEqual(
    [chart.id, chart.title, chart.still],
    ["response", "lab.many.response <test_loss> learning rate", true],
  );
  assert.deepEqual(plain(chart.figure()), plain(armResponse(lab, "rate")));
  assert.deepEqual(chart.rows(), armResponseRows(lab, "rate"));
  lab.name = () => "other";
  chart.figure();
  assert.equal(chart.title, "lab.many.response <test_loss> learning rate");
  knob = "kind";
  chart.figure();
  assert.equal(chart.title, "lab.many.response other kind");
  knob = "unknown";
  chart.figure();
  assert.equal(chart.title, "lab.many.response other ");
});

test("mounted, a press on a point of a study opens its curves", () => {
  const chosen = [];
  const lab = study([row(0, NaN, 1, 3), row(1, 4, 1, 2)]);
  Object.assign(lab, {choose: (point) => chosen.push(point), responseTitle: () => "title", responseRows: () => "rows"});
  const chart = new SeedResponse(lab);
  assert.deepEqual([chart.id, chart.title, chart.still, chart.rows()], ["response", "title", true, "rows"]);
  const on = mounted(chart);
  lab.responseTitle = () => "new";
  chart.paint();
  assert.deepEqual([chart.title, chart.name.textContent], ["new", "new"]);
  on.plotly_click({points: [{pointIndex: 9}, {pointIndex: 0}]}); // of what is measured
  on.plotly_click({points: [{pointIndex: 5}]});
  on.plotly_click({points: []});
  assert.deepEqual(chosen, [1]);
  assert.ok(on.plotly_relayout);
});
