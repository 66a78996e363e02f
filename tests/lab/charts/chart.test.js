import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {Chart} from "../../../assets/lab/charts/chart.js";
import {layoutOf} from "../../../assets/lab/charts/figure.js";
import {called, mounted, outline, sized} from "../dom.js";
import {labOf, runOf} from "../lab.js";

let now = 0;
let timers = [];
performance.now = () => now;
globalThis.setTimeout = (call, wait) => timers.push([call, wait]);
globalThis.clearTimeout = (id) => {
  if (id) timers[id - 1] = null;
};
beforeEach(() => {
  now = 0;
  timers = [];
  called.length = 0;
});

const woken = [];
const LAB = labOf(runOf([{}], {run: "id"}), {painter: {wake: (urgent) => woken.push(urgent)}});
const FIGURE = {data: [{x: [1], y: [2]}], layout: {margin: {l: 1, r: 2, t: 3, b: 4}}, description: "told"};

class Sample extends Chart {
  shown = FIGURE;
  figure() {
    return this.shown;
  }
}
const sample = (parts = {}) => new Sample(LAB, {id: "loss", title: "Loss", ...parts});

test("a chart is a figure with its name, its tools and a table behind it", () => {
  assert.equal(
    outline(sample({caption: "what it is"}).element),
    `figure class=lab-chart data-chart=loss
  figcaption
    span class=lab-chart-title title=what it is: Loss
    span class=lab-tools
      button type=button class=lab-tool title=lab.zoom.reset.help aria-label=lab.zoom.reset.help data-tool=unzoom hidden=: lab.zoom.reset
      button type=button class=lab-tool title=lab.picture.help Loss PNG aria-label=lab.picture.help Loss PNG data-tool=png: PNG
      button type=button class=lab-tool title=lab.picture.help Loss SVG aria-label=lab.picture.help Loss SVG data-tool=svg: SVG
      button type=button class=lab-tool title=lab.table.help Loss aria-label=lab.table.help Loss data-tool=table aria-expanded=false: lab.table
  div class=lab-canvas
    div class=lab-plot role=img
    p class=lab-empty
    div class=lab-table hidden= tabindex=0 role=region aria-label=Loss`,
  );
  assert.equal(sample().name.title, "");
});

test("it is drawn where it is out of date, plotly.js is there and it can be seen", () => {
  const chart = sample();
  mounted(chart, 400, 41);
  assert.ok(chart.due);
  sized(chart.plot, 400, 40);
  assert.ok(!chart.due);
  sized(chart.plot, 0, 200);
  assert.ok(!chart.due);
  chart.paint();
  assert.equal(called.length, 0);
  sized(chart.plot, 400, 200);
  const {Plotly} = globalThis;
  globalThis.Plotly = undefined;
  assert.ok(!chart.due);
  globalThis.Plotly = Plotly;
  chart.paint();
  assert.ok(!chart.due);
  assert.deepEqual(called, [
    {
      data: FIGURE.data,
      layout: {...layoutOf(LAB, {width: 400, height: 200, dragmode: "zoom"}), ...FIGURE.layout},
      config: {displayModeBar: false, doubleClick: false, responsive: false},
    },
  ]);
  chart.paint();
  assert.equal(called.length, 1);
  woken.length = 0;
  chart.touch();
  chart.touch(true);
  assert.ok(chart.due);
  assert.deepEqual(woken, [false, true]);
});

test("a finger scrolls over it, and some charts are never zoomed", () => {
  const dragmode = (still) => {
    const chart = sample();
    chart.still = still;
    mounted(chart);
    chart.paint();
    return called.at(-1).layout.dragmode;
  };
  assert.deepEqual([dragmode(false), dragmode(true)], ["zoom", false]);
  globalThis.matchMedia = (query) => ({matches: query === "(pointer: coarse)"});
  assert.equal(dragmode(false), false);
  globalThis.matchMedia = () => ({matches: false});
});

test("what is waited for is said in its place, without a drawing where there is none", () => {
  const chart = sample();
  mounted(chart);
  chart.shown = {...FIGURE, empty: "soon"};
  chart.paint();
  assert.deepEqual([chart.empty.textContent, chart.plot.hasAttribute("data-empty")], ["soon", true]);
  chart.shown = FIGURE;
  chart.touch();
  chart.paint();
  assert.deepEqual([chart.empty.textContent, chart.plot.hasAttribute("data-empty")], ["", false]);
  called.length = 0;
  for (const none of [null, {empty: "no"}]) {
    chart.shown = none;
    chart.touch();
    chart.paint();
    assert.equal(chart.empty.textContent, none?.empty ?? "");
  }
  assert.equal(called.length, 0);
});

test("a zoom is a person's until it is undone", () => {
  const chart = sample();
  const on = mounted(chart);
  chart.paint();
  chart.stale = true;
  chart.paint();
  on.plotly_relayout({"xaxis.range": [1, 2]});
  on.plotly_relayout({"yaxis.range": [3, 4]});
  on.plotly_relayout({autosize: true});
  assert.deepEqual(chart.zoom, {xaxis: [1, 2], yaxis: [3, 4]});
  assert.deepEqual([chart.unzoom.hidden, chart.stale, woken.at(-1)], [false, true, true]);
  on.plotly_doubleclick();
  assert.deepEqual([chart.zoom, chart.unzoom.hidden], [null, true]);
  chart.setZoom({xaxis: [1, 2]});
  chart.unzoom.click();
  assert.equal(chart.zoom, null);
});

test("a new description is heard at most every other second, and the last one always", () => {
  const chart = sample();
  mounted(chart);
  const tell = (description, at) => {
    now = at;
    chart.shown = {...FIGURE, description};
    chart.touch();
    chart.paint();
    return chart.plot.getAttribute("aria-label");
  };
  assert.equal(tell("one", 0), "Loss. one");
  assert.equal(tell("two", 500), "Loss. one");
  assert.equal(tell("three", 1500), "Loss. one");
  assert.deepEqual(
    timers.map((timer) => timer?.[1]),
    [undefined, 500],
  );
  now = 2000;
  timers[1][0]();
  assert.equal(chart.plot.getAttribute("aria-label"), "Loss. three");
  assert.equal(tell(undefined, 4000), "Loss.");
});

test("a picture is saved as large as the chart and what is said around it", () => {
  const chart = sample();
  mounted(chart);
  assert.equal(chart.save("png"), null);
  chart.paint();
  called.length = 0;
  chart.tools.querySelector('[data-tool="svg"]').click();
  const [{picture, options}] = called;
  assert.equal(picture.data, FIGURE.data);
  assert.deepEqual(options, {
    format: "svg",
    width: 400,
    height: Math.round(picture.layout.height),
    scale: 2,
    filename: "trick-id-loss",
  });
  assert.ok(picture.layout.height > 200);
  assert.equal(picture.layout.annotations[0].text, "<b>Trick: Loss</b>");
  const {config} = LAB;
  LAB.config = {...config, trick: undefined};
  assert.equal(chart.filename(), "id-loss");
  LAB.config = config;
});

test("the table is built when somebody asks, and takes the focus", () => {
  const chart = sample();
  mounted(chart);
  assert.equal(chart.rows(), null);
  chart.tableButton.click();
  assert.equal(outline(chart.table).split("\n")[1], "  p: lab.table.empty");
  assert.equal(chart.tableButton.getAttribute("aria-expanded"), "true");
  chart.tableButton.click();
  assert.deepEqual([chart.table.hidden, chart.tableButton.getAttribute("aria-expanded")], [true, "false"]);
  chart.rows = () => ({head: ["step", "a"], rows: [["1", "2"]]});
  chart.tableButton.click();
  assert.equal(
    outline(chart.table.firstChild),
    `table
  caption: Loss
  thead
    tr
      th scope=col: step
      th scope=col: a
  tbody
    tr
      td: 1
      td: 2`,
  );
  assert.equal(document.activeElement, chart.table);
});

test("when its size changes it is drawn again, and destroyed it leaves nothing behind", () => {
  const chart = sample();
  mounted(chart);
  chart.paint();
  assert.equal(chart.sizes.element, chart.plot);
  now = 100;
  chart.touch();
  chart.paint();
  called.length = 0;
  chart.destroy();
  assert.deepEqual(called, ["purge"]);
  assert.deepEqual([chart.sizes.element, chart.element.isConnected, timers.at(-1)], [null, false, null]);
  const never = sample();
  never.destroy();
  assert.equal(called.length, 1);
});
