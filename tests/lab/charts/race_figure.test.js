import assert from "node:assert/strict";
import {test} from "node:test";
import {axisOf, logNumbers} from "../../../assets/lab/charts/figure.js";
import {raceFigure, raceRows, sharedZoom} from "../../../assets/lab/charts/race_figure.js";
import {CalmRange} from "../../../assets/lab/data/series.js";
import {labOf, near, plain, runOf, THEME} from "../lab.js";

const STEPS = [1, 2, 3, 4];
const ARMS = [
  {rows: {step: STEPS, train_loss: [8, 4, 2, 1]}, tests: {step: [2, 4], test_loss: [6, 3], test_accuracy: [0.25, 0.5]}},
  {rows: {step: STEPS, train_loss: [8, 6, 4, 2]}, tests: {step: [2, 4], test_loss: [6, 5], test_accuracy: [0.25, 1]}},
];
const LOSS = {traces: ["train_loss", "test_loss"], log: false, first: true, zoom: null, width: 600, height: 300};
const ACCURACY = {...LOSS, traces: ["test_accuracy"]};
const figureOf = (lab, chart = LOSS) => plain(raceFigure(lab, {range: new CalmRange(), ...chart}, 0));

test("a single quantity: a curve for each arm with its name at its end", () => {
  const lab = labOf(runOf(ARMS));
  const figure = figureOf(lab, ACCURACY);
  const trace = (name, y, color, dash, symbol) => ({
    type: "scatter",
    mode: "lines+markers", // 120 pixels from test to test
    name,
    x: [2, 4],
    y,
    customdata: [2, 4],
    line: {color, width: 2.4, dash},
    marker: {symbol, size: 5, color, line: {color, width: 1.2}},
    hovertemplate: "%{y:.3~g}",
    connectgaps: false,
  });
  const range = [0.25 - 0.06 * 0.75, 1.02]; // of 0.25 to 1, with room, but no accuracy is above 1.02
  const name = (text, y, yshift, color) => ({
    x: 4,
    y,
    text: `<span style="color:${color}">━</span> ${text}`,
    showarrow: false,
    xanchor: "left",
    xshift: 4,
    yshift,
    font: {size: 10, color: "#000000"},
    borderpad: 1,
  });
  const {annotations, ...layout} = figure.layout;
  assert.deepEqual(layout, {
    margin: {l: 42, r: 64, t: 15, b: 29},
    hovermode: "x unified",
    xaxis: plain(
      axisOf(lab, false, {
        range: [0, 10],
        title: "lab.axis.step",
        nticks: 6,
        tickangle: 0,
        unifiedhovertitle: {text: "lab.unit.step %{x:,.4~r}"},
      }),
    ),
    yaxis: plain(axisOf(lab, false, {range, type: "linear", tickformat: ".3~g", nticks: 5})),
    shapes: [],
  });
  assert.deepEqual(figure.data, [
    trace("base", [0.25, 0.5], "#808080", "dash", "circle-open"),
    trace("one", [0.25, 1], "#0000ff", "solid", "circle"),
  ]);
  near(annotations[0].y, 0.5);
  near(annotations[0].yshift, 0);
  assert.deepEqual({...annotations[0], y: 0, yshift: 0}, name("base", 0, 0, "#808080"));
  assert.equal(annotations[1].text, '<span style="color:#0000ff">━</span> one');
  assert.deepEqual([figure.key, figure.empty], ["", ""]);
  assert.equal(
    figure.description,
    "lab.describe.race 4 10 lab.describe.curve base <test_accuracy> 0.500; lab.describe.curve one <test_accuracy> 1.00.",
  );
});

test("several quantities: what is trained on is thin and pale, and each is named by arm and quantity", () => {
  const lab = labOf(runOf(ARMS), {labelsTraces: true});
  const figure = figureOf(lab);
  assert.deepEqual(
    figure.data.map(({name, mode, line}) => [name, mode, line.width, line.color]),
    [
      ["base, lab.short.train", "lines", 1.6, "rgb(164,164,164)"], // 0.72 of #808080 on white
      ["one, lab.short.train", "lines", 1.6, "rgb(71,71,255)"],
      ["base, lab.short.test", "lines+markers", 2.4, "#808080"],
      ["one, lab.short.test", "lines+markers", 2.4, "#0000ff"],
    ],
  );
  near(figure.layout.margin.r, Math.round(11 * 5.2 + 24)); // four letters, and seven for the quantity
  assert.deepEqual(figure.layout.yaxis.range, [1 - 0.06 * 7, 8 + 0.08 * 7]);
  const both = {...LOSS, traces: ["train_loss", "test_loss", "test_accuracy"]};
  assert.deepEqual(
    figureOf(lab, both).data.map(({name}) => name),
    ["lab.short.train", "&lt;test_loss>", "&lt;test_accuracy>"].flatMap((name) => [`base, ${name}`, `one, ${name}`]),
  );
  const narrow = figureOf(lab, {...LOSS, width: 459});
  assert.deepEqual([narrow.key, narrow.layout.margin.r, narrow.layout.annotations], ["lab.key", 18, []]);
  assert.equal(figureOf(lab, {...LOSS, width: 460}).key, "");
  assert.equal(figureOf(lab, {...ACCURACY, width: 300}).key, "");
  assert.equal(figureOf({...lab, present: true}, {...LOSS, width: 300}).key, "");
});

test("the margin has room for the longest name, and not for more", () => {
  const room = (label, present = false) => {
    const arms = () => [{index: 0, label}];
    return figureOf(labOf(runOf(ARMS), {arms, present}), ACCURACY).layout.margin.r;
  };
  assert.deepEqual(
    [room("a"), room("a".repeat(20)), room("a".repeat(99)), room("a".repeat(99), true)],
    [64, 128, 176, 480],
  );
});

test("for a projector lines are thick and marks large", () => {
  const lab = labOf(runOf(ARMS), {present: true});
  const [train, , tested] = figureOf(lab).data;
  assert.deepEqual([train.line.width, tested.line.width, tested.marker.size], [3, 2.4 * 1.7, 9]);
});

test("an x axis of epochs, and of seconds; fewer numbers where there is less room", () => {
  const rows = {step: STEPS, elapsed_s: [1, 2, 3, 4], train_loss: [8, 4, 2, 1]};
  const lab = (x) => labOf(runOf([{...ARMS[0], rows}]), {view: {x, smooth: 1, ghost: false}});
  const epochs = figureOf(lab("epoch"), {...ACCURACY, width: 226});
  assert.deepEqual(epochs.layout.xaxis.range, [0, 5]);
  assert.deepEqual(
    [epochs.data[0].x, epochs.data[0].customdata],
    [
      [1, 2],
      [2, 4],
    ],
  );
  assert.equal(epochs.data[0].hovertemplate, "%{y:.3~g} (%{customdata:,})");
  assert.equal(epochs.layout.xaxis.unifiedhovertitle.text, "lab.unit.epoch %{x:,.4~r}");
  assert.equal(epochs.layout.xaxis.nticks, 4); // 166 pixels, a number each 40
  const seconds = figureOf(lab("seconds"), {...LOSS, width: 100});
  assert.deepEqual([seconds.layout.xaxis.range, seconds.layout.xaxis.nticks], [[0, 12], 2]);
  assert.equal(seconds.layout.xaxis.unifiedhovertitle.text, "%{x:.3s} s");
});

test("before a run there are axes as long as it will be, and on the first chart what is waited for", () => {
  const figure = figureOf(labOf());
  assert.deepEqual([figure.data, figure.empty, figure.layout.xaxis.range], [[{x: [], y: []}], "waiting", [0, 20]]);
  assert.deepEqual([figure.description, figure.layout.shapes], ["lab.describe.empty", []]);
  assert.equal(figureOf(labOf(), {...LOSS, first: false}).empty, "");
  assert.deepEqual(figureOf(labOf()).layout.yaxis.range, [-0.06, 1.08]);
  near(figureOf(labOf(), {...LOSS, log: true}).layout.yaxis.range, [-1.12, 1.16]);
  assert.equal(raceRows(labOf(), LOSS.traces), null);
});

test("a log axis is in powers of ten, not below 1e-8; a zoom is kept", () => {
  const lab = labOf(runOf([{rows: {step: [1, 2], train_loss: [100, 1e-12]}}], {step: 2}));
  const figure = figureOf(lab, {...LOSS, traces: ["train_loss"], log: true});
  const {yaxis} = figure.layout;
  near(yaxis.range, [-8, 2 + 0.08 * 14]);
  assert.deepEqual([yaxis.type, yaxis.tickvals], ["log", logNumbers(yaxis.range).tickvals]);
  near(figure.layout.annotations[0].y, -8); // the curve's end is at -12
  const zoom = {xaxis: [2, 3], yaxis: [0, 50]};
  const zoomed = figureOf(labOf(runOf(ARMS)), {...LOSS, zoom});
  assert.deepEqual([zoomed.layout.xaxis.range, zoomed.layout.yaxis.range], [zoom.xaxis, zoom.yaxis]);
  assert.deepEqual(
    zoomed.layout.annotations.map(({x}) => x),
    [3, 3, 2, 2], // each curve's last point in view
  );
});

test("smoothed, the curve has its own values faintly behind it; tests are never smoothed", () => {
  const lab = labOf(runOf(ARMS), {view: {x: "step", smooth: 4, ghost: false}});
  const [rough, smoothed, , , tested] = figureOf(lab).data;
  assert.deepEqual(rough, {
    type: "scatter",
    mode: "lines",
    x: STEPS,
    y: [8, 4, 2, 1],
    line: {color: "rgba(128,128,128,0.24)", width: 1},
    hoverinfo: "skip",
  });
  assert.ok(smoothed.y[0] < 8 && smoothed.y[3] > 1);
  assert.deepEqual(tested.y, [6, 3]);
  const [loud] = figureOf({...lab, present: true, theme: {...lab.theme, dark: true}}).data;
  assert.deepEqual(loud.line, {color: "rgba(128,128,128,0.3)", width: 3});
});

test("tests are marked where there is room between them, and a curve of one value", () => {
  const steps = Array.from({length: 11}, (_, i) => i);
  const mode = (width, many) => {
    const tests = {step: steps.slice(0, many), test_accuracy: steps.slice(0, many)};
    return figureOf(labOf(runOf([{tests}])), {...ACCURACY, width}).data[0].mode;
  };
  assert.deepEqual([mode(100, 11), mode(99, 11), mode(99, 1)], ["lines+markers", "lines", "lines+markers"]);
});

test("the run before this one is drawn faintly where that is asked for, and its tests are in view", () => {
  const ghost = runOf([{rows: {step: [2, 4], train_loss: [9, 9]}, tests: {step: [2, 4], test_loss: [20, 7]}}], {
    steps: 5,
  });
  const view = {x: "step", smooth: 1, ghost: true};
  const figure = figureOf(labOf(runOf(ARMS), {ghost, view}));
  assert.deepEqual(figure.data.slice(0, 2), [
    {
      type: "scatter",
      mode: "lines",
      x: [2, 4],
      y: [9, 9],
      line: {color: "rgba(128,128,128,0.32)", width: 1.4, dash: "dash"},
      hoverinfo: "skip",
    },
    {
      type: "scatter",
      mode: "lines",
      x: [2, 4],
      y: [20, 7],
      line: {color: "rgba(128,128,128,0.32)", width: 1.4, dash: "dash"},
      hoverinfo: "skip",
    },
  ]);
  assert.equal(figure.data.length, 6);
  near(figure.layout.yaxis.range[1], 20 + 0.08 * 19);
  assert.equal(figure.layout.annotations[0].bgcolor, "rgba(255,255,255,0.75)");
  assert.equal(figureOf(labOf(runOf(ARMS), {ghost, view, present: true})).data[0].line.width, 3);
  assert.equal(figureOf(labOf(runOf(ARMS), {ghost})).data.length, 4);
  assert.equal(figureOf(labOf(runOf(ARMS), {view})).data.length, 4);
  const wild = runOf([{rows: {step: [1, 2], train_loss: [0, 100]}}]);
  const smoothed = figureOf(labOf(runOf(ARMS), {ghost: wild, view})).data[0].y;
  assert.ok(smoothed[0] > 20 && smoothed[1] < 80); // over ten steps at least
});

test("a knob that was dragged is one mark, shaded from its first turn to its last, which is named", () => {
  const turn = (step, value, name = "lr", arm = null) => ({name, value, arm, step});
  const shapesOf = (events, more = {}, chart = ACCURACY) => {
    const lab = labOf(runOf(ARMS, {steps: 100, events}), more);
    const {shapes, annotations} = figureOf(lab, chart).layout;
    return {shapes, named: annotations.slice(2)};
  };
  const {shapes, named} = shapesOf([turn(20, 1), turn(23, 2), turn(26, 3), turn(60, 4, "b", 1)]);
  const tall = {yref: "paper", y0: 0, y1: 1, layer: "below"};
  assert.deepEqual(shapes, [
    {type: "line", x0: 60, x1: 60, ...tall, line: {color: "#0000ff", width: 1, dash: "dot"}},
    {type: "line", x0: 26, x1: 26, ...tall, line: {color: "#777777", width: 1, dash: "dot"}},
    {type: "rect", x0: 20, x1: 26, ...tall, line: {width: 0}, fillcolor: "rgba(119,119,119,0.1)"},
  ]);
  const font = {size: 10, color: "#000000"};
  const place = {yref: "paper", yanchor: "bottom", xanchor: "center", showarrow: false, font, borderpad: 0, y: 1};
  assert.deepEqual(named, [
    {...place, x: 60, xshift: 0, text: "b b=4"},
    {...place, x: 26, xshift: 0, text: "l lr=3"},
  ]);
  assert.equal(shapesOf([turn(20, 1), turn(24, 2)]).shapes.length, 2); // 4 steps of 100 apart: two drags
  assert.equal(shapesOf([turn(20, 1), turn(21, 2, "b")]).shapes.length, 2);
  assert.equal(shapesOf([turn(20, 1, "b", 0), turn(21, 2, "b", 1)]).shapes.length, 2);
  assert.equal(shapesOf([turn(20, 1)], {present: true}).shapes[0].line.width, 3);
  const zoom = {xaxis: [22, 60]};
  const near_ = shapesOf([turn(21, 1), turn(22, 1), turn(61, 4, "b", 1)], {}, {...ACCURACY, zoom});
  assert.deepEqual(
    near_.shapes.map(({type, x0}) => [type, x0]),
    [
      ["line", 22],
      ["rect", 22],
    ],
  );
});

test("marks are named where their names do not meet, the newest first, and inside the chart", () => {
  const named = (...steps) => {
    const events = steps.map((step) => ({name: "lr", value: 1, arm: null, step}));
    const {annotations} = figureOf(labOf(runOf(ARMS, {steps: 494, events})), ACCURACY).layout; // a pixel a step
    return annotations.slice(2).map(({x, xshift}) => [x, xshift]);
  };
  const half = (6 * 5.5 + 10) / 2; // of "l lr=1"
  assert.deepEqual(named(100, 142), [[142, 0]]);
  assert.deepEqual(named(100, 143), [
    [143, 0],
    [100, 0],
  ]);
  near(named(1), [[1, half - 1]]);
  near(named(494), [[494, 20 - half]]);
});

test("an arm that ended has a cross where its curve stops, with step and knobs", () => {
  const failures = [
    {arm: 1, step: 5000, knobs: {lr: 9}},
    {arm: 2, step: 1, knobs: {}},
  ];
  const rows = {step: STEPS, train_loss: [1, 2, 30, Infinity]};
  const lab = labOf(runOf([ARMS[0], {rows}, {}], {failures}));
  const chart = {...LOSS, traces: ["train_loss"]};
  const figure = figureOf(lab, chart);
  const high = figure.layout.yaxis.range[1];
  assert.ok(high < 30);
  assert.deepEqual(figure.data.at(-1), {
    type: "scatter",
    mode: "markers",
    x: [3],
    y: [high],
    marker: {symbol: "x", size: 11, color: "#0000ff"},
    hoverinfo: "skip",
    cliponaxis: false,
  });
  assert.deepEqual(figure.layout.annotations.at(-1), {
    x: 3,
    y: high,
    text: "lab.failure.mark 5,000 lr,9",
    showarrow: false,
    xanchor: "left",
    xshift: 10,
    yshift: -22,
    font: {size: 10, color: "#000000"},
    bgcolor: "rgba(255,255,255,0.85)",
  });
  assert.equal(figure.data.length, 3);
  const low = labOf(runOf([ARMS[0], {rows: {step: STEPS, train_loss: [1, 0.1, 0, NaN]}}], {failures}), {present: true});
  const logged = figureOf(low, {...chart, log: true});
  assert.deepEqual([logged.data.at(-1).x, logged.data.at(-1).marker.size], [[2], 16]); // a log axis has no 0
  near(logged.layout.annotations.at(-1).y, -1);
  near(logged.layout.annotations.at(-1).yshift, 22);
});

test("an arm looks as its place says, where it has one", () => {
  const arms = () => [{index: 1, look: 2, label: "third"}];
  const [{line, marker}] = figureOf(labOf(runOf(ARMS), {arms}), ACCURACY).data;
  assert.deepEqual([line.color, line.dash, marker.symbol], ["#ff0000", "dot", "square"]);
});

test("the table has at most fifty rows, evenly, and of each the last value up to there", () => {
  const lab = labOf(runOf(ARMS));
  assert.deepEqual(raceRows(lab, ["train_loss", "test_loss"]), {
    head: ["lab.axis.step", "base, <train_loss>", "base, <test_loss>", "one, <train_loss>", "one, <test_loss>"],
    rows: [
      ["1", "8.00", "", "8.00", ""],
      ["2", "4.00", "6.00", "6.00", "6.00"],
      ["3", "2.00", "6.00", "4.00", "6.00"],
      ["4", "1.00", "3.00", "2.00", "5.00"],
    ],
  });
  const {rows} = raceRows(labOf(runOf(ARMS, {step: 2000, steps: 4000})), ["train_loss"]);
  assert.deepEqual([rows.length, rows[0][0], rows[49][0]], [50, "40", "2,000"]);
});

test("of an arm that ended nothing is told beyond, and how far it came is said", () => {
  const ended = {rows: {step: [1, 2], train_loss: [9, 7]}, tests: {step: [2], test_loss: [5]}};
  const lab = labOf(runOf([ARMS[0], ended]));
  assert.deepEqual(
    raceRows(lab, ["train_loss", "test_loss"]).rows.map((row) => row.slice(3)),
    [
      ["9.00", ""],
      ["7.00", "5.00"],
      ["", ""],
      ["", ""],
    ],
  );
  const {description} = figureOf(lab, {...LOSS, traces: ["test_loss"]});
  const curve = (arm, value) => `lab.describe.curve ${arm} <test_loss> ${value}`;
  assert.equal(
    description,
    `lab.describe.race 4 10 ${curve("base", "3.00")}; lab.describe.ended ${curve("one", "5.00")} 2.`,
  );
});

test("names are shown letter by letter, whatever plotly.js reads into them", () => {
  const lab = labOf(runOf(ARMS), {arms: () => [{index: 0, label: "a<b>c & d"}]});
  const {data, layout} = figureOf(lab, ACCURACY);
  const name = "a&lt;b>c &amp; d";
  assert.equal(data[0].name, name);
  assert.equal(layout.annotations[0].text, `<span style="color:#808080">━</span> ${name}`);
});

test("charts share the zoom of their x axis, and keep their own of the other", () => {
  assert.equal(sharedZoom({xaxis: [1, 2]}, {xaxis: [1, 2], yaxis: [0, 1]}), null);
  assert.equal(sharedZoom(null, {yaxis: [0, 1]}), null);
  assert.equal(sharedZoom(null, null), null);
  assert.deepEqual(sharedZoom(null, {xaxis: [1, 2]}), {zoom: {xaxis: [1, 2]}});
  assert.deepEqual(sharedZoom({yaxis: [0, 1], xaxis: [1, 2]}, {xaxis: [1, 3]}), {zoom: {yaxis: [0, 1], xaxis: [1, 3]}});
  assert.deepEqual(sharedZoom({yaxis: [0, 1], xaxis: [1, 2]}, null), {zoom: {yaxis: [0, 1]}});
  assert.deepEqual(sharedZoom({xaxis: [1, 2]}, null), {zoom: null});
});

test("where one looks back there is a line, in the unit of the axis", () => {
  const at = (more) => figureOf(labOf(runOf(ARMS), more)).layout.shapes.map(({x0, x1}) => [x0, x1]);
  assert.deepEqual(at({past: null}), []);
  assert.deepEqual(at({past: 0}), [[0, 0]]);
  assert.deepEqual(at({past: 3, view: {x: "epoch", smooth: 1, ghost: false}}), [[1.5, 1.5]]);
  assert.equal(figureOf(labOf(runOf(ARMS), {past: 3, present: true})).layout.shapes[0].line.width, 4);
});

test("only where all quantities are shares does the axis end at them", () => {
  const range = (traces) => figureOf(labOf(), {...LOSS, traces}).layout.yaxis.range;
  assert.deepEqual(range(["test_accuracy", "test_ece"]), [-0.02, 1.02]);
  assert.deepEqual(range(["test_accuracy", "test_loss"]), [-0.06, 1.08]);
});

test("names keep clear of the axis, by the height that the margins leave", () => {
  const zoom = {yaxis: [3, 5]};
  const {annotations} = figureOf(labOf(runOf(ARMS.slice(0, 1))), {...LOSS, traces: ["test_loss"], zoom}).layout;
  near(annotations[0].yshift, 6); // it ends on the axis, and stands 6 pixels above
  const high = figureOf(labOf(runOf(ARMS.slice(1))), {...LOSS, traces: ["test_loss"], zoom: {yaxis: [0, 10]}}).layout;
  near(high.annotations[0].yshift, 0);
});

test("of long runs in epochs and seconds what is in view is kept, thinned to the width", () => {
  const step = Array.from({length: 2000}, (_, i) => i + 1);
  const run = runOf([{rows: {step, train_loss: step}}], {step: 2000, steps: 2000, steps_per_epoch: 20});
  const lab = labOf(run, {view: {x: "epoch", smooth: 1, ghost: false}});
  const chart = {...LOSS, traces: ["train_loss"], zoom: {xaxis: [50, 60]}};
  const inView = (width) =>
    figureOf(lab, {...chart, width}).data[0].customdata.filter((at) => at >= 1000 && at <= 1200);
  assert.ok(inView(600).length > 190); // 200 steps on 300 stretches
  assert.ok(inView(100).length > 190);
  const whole = figureOf(lab, {...chart, zoom: null, width: 400}).data[0].customdata.length;
  assert.ok(whole > 200 && whole <= 402, `${whole}`); // two points for each of 200 stretches
  const ghost = figureOf(
    {...labOf(), ghost: run, view: {...lab.view, ghost: true}},
    {...chart, zoom: {xaxis: [50, 60]}},
  );
  const kept = ghost.data[0].x.filter((at) => at >= 50 && at <= 60);
  assert.ok(kept.length > 190, `${kept.length}`);
});

test("a quantity without a value has no name, and a run before without it no curve", () => {
  const lab = labOf(runOf([{tests: {step: [2], test_loss: [NaN]}}]));
  assert.deepEqual(figureOf(lab, {...LOSS, traces: ["test_loss"]}).layout.annotations, []);
  const view = {x: "step", smooth: 1, ghost: true};
  assert.equal(figureOf(labOf(runOf(ARMS), {ghost: runOf([{}]), view})).data.length, 4);
  const zoomed = figureOf(labOf(runOf(ARMS)), {...ACCURACY, zoom: {xaxis: [5, 6]}});
  assert.deepEqual(zoomed.layout.annotations, []);
});

test("tests far apart in time are marked by how far apart they are on the screen", () => {
  const mode = (first, width) => {
    const tests = {step: [first, first + 1], test_accuracy: [0, 1]};
    return figureOf(labOf(runOf([{tests}])), {...ACCURACY, zoom: {xaxis: [first, first + 10]}, width}).data[0].mode;
  };
  assert.deepEqual([mode(0, 100), mode(50, 100), mode(50, 99)], ["lines+markers", "lines+markers", "lines"]);
});

test("drags of several knobs and arms stay apart, and on a zoomed axis too", () => {
  const turn = (step, name, arm) => ({name, value: 1, arm, step});
  const lines = (events, zoom = null) => {
    const {shapes} = figureOf(labOf(runOf(ARMS, {steps: 100, events})), {...ACCURACY, zoom}).layout;
    return shapes.filter(({type}) => type === "line").map(({x0}) => x0);
  };
  assert.deepEqual(lines([turn(20, "a", 0), turn(21, "b", 0)]), [21, 20]);
  assert.deepEqual(lines([turn(20, "a", 0), turn(21, "a", 1), turn(22, "a", 0)]), [21, 22]);
  assert.deepEqual(lines([turn(20, "a", 0), turn(24, "a", 0)]), [24, 20]);
  assert.deepEqual(lines([turn(55, "a", 0), turn(57, "a", 0), turn(40, "b", 0)], {xaxis: [50, 100]}), [57, 55]);
});

test("an arm may have a dash of its own, and a weak one is fainter than its color", () => {
  const arms = [{tests: {step: [1, 4], test_loss: [4, 1]}}, {tests: {step: [1, 4], test_loss: [3, 2]}}];
  const shown = [
    {index: 0, look: 1, label: "a", dash: "dot"},
    {index: 1, look: 1, label: "b", dash: "dash", weak: true},
  ];
  const lab = labOf(runOf(arms), {arms: () => shown});
  const chart = {traces: ["test_loss"], log: false, first: true, zoom: null, width: 600, height: 200};
  const {data} = raceFigure(lab, {...chart, range: new CalmRange()}, 0);
  assert.deepEqual(
    data.map(({line}) => line.dash),
    ["dot", "dash"],
  );
  assert.equal(data[0].line.color, THEME.arms[1]);
  assert.notEqual(data[1].line.color, THEME.arms[1]);
  assert.ok(data[1].line.width < data[0].line.width);
});
