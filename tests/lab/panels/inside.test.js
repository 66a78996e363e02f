import assert from "node:assert/strict";
import {test} from "node:test";
import {axisOf} from "../../../assets/lab/charts/figure.js";
import {Inside} from "../../../assets/lab/panels/inside.js";
import {labOf, near, runOf} from "../lab.js";

const RUN = runOf([
  {rows: {step: [1, 2], loss: [5, 6]}},
  {
    rows: {step: [1, 2], loss: [7, 8]},
    probes: {
      p: [
        [1, [10, 11]],
        [3, [30, 31]],
      ],
      one: [
        [1, [4]],
        [3, [9]],
      ],
    },
  },
]);
const inside = (declared = {}, more = {}) => new Inside(labOf(RUN, more), declared, {width: 300, height: 134});
const [BASE, ONE] = [{index: 0}, {index: 1}];

test("a panel shows the trick's arms, or all; the knobs move one of them", () => {
  const labels = (arms) => arms.map(({label}) => label);
  assert.deepEqual(labels(inside().arms()), ["one"]);
  assert.deepEqual(labels(inside({arms: "all"}).arms()), ["base", "one"]);
  assert.deepEqual(labels(inside({}, {selected: 0}).selected()), ["base"]);
  assert.equal(inside().least, 152);
});

test("an array is the newest there is, or that at the cursor; a preview where the arm has none, or always", () => {
  const first = (one) => one?.values[0] ?? null;
  assert.equal(first(inside().array(ONE, "p")), 30);
  assert.equal(first(inside({}, {cursor: 2}).array(ONE, "p")), 10);
  assert.equal(first(inside().array(BASE, "p")), null);
  const preview = new Map([["p", {values: [99]}]]);
  assert.equal(first(inside({}, {preview}).array(ONE, "p")), 30);
  assert.equal(first(inside({}, {preview}).array(BASE, "p")), 99);
  assert.equal(first(inside({preview: true}, {preview}).array(ONE, "p")), 99);
});

test("a number is the newest, or that at the cursor", () => {
  assert.deepEqual([inside().scalar(ONE, "loss"), inside().scalar(ONE, "one")], [8, 9]);
  assert.deepEqual([inside({}, {cursor: 1}).scalar(ONE, "loss"), inside({}, {cursor: 2}).scalar(ONE, "one")], [7, 4]);
  assert.ok(Number.isNaN(inside({}, {cursor: 0}).scalar(ONE, "loss")));
  assert.ok(Number.isNaN(inside().scalar(ONE, "none")));
  assert.ok(Number.isNaN(new Inside(labOf(), {}, {}).scalar(ONE, "loss")));
});

test("each range follows its own data, within its limits", () => {
  const one = inside();
  near(one.follow("x", 0, 1), [-0.06, 1.08]);
  near(one.follow("y", 0, 10, [0, 10]), [0, 10]);
  near(one.follow("x", 0, 1), [-0.06, 1.08]);
  one.calm.clear();
  near(one.follow("x", 0, 10), [-0.6, 10.8]);
});

test("what is waited for is said on a bare chart", () => {
  const bare = {visible: false, fixedrange: true};
  const layout = {xaxis: bare, yaxis: bare, margin: {l: 43, r: 18, t: 6, b: 28}};
  assert.deepEqual(inside().waiting(), {empty: "lab.empty.soon", data: [{x: [], y: []}], layout});
  assert.equal(new Inside(labOf(), {}, {}).waiting().empty, "lab.empty.panel");
  assert.deepEqual(inside().axis({nticks: 2}), axisOf(labOf(), true, {nticks: 2}));
});

test("an arm's stroke is its color and dash, never thin for a projector", () => {
  assert.deepEqual(inside().stroke(BASE), {color: "#808080", width: 2, dash: "dash"});
  assert.equal(inside().stroke(ONE, 0.75).width, 1.5);
  assert.equal(inside({}, {present: true}).stroke(ONE).width, 3);
});

test("names at the ends stand apart, clear of the axis", () => {
  const ends = [
    {x: 4, y: 0, text: "low", color: "#0000ff"},
    {x: 4, y: 2, text: "out", color: "#0000ff"},
  ];
  const names = inside().endLabels(ends, [0, 1], {t: 6, b: 28});
  assert.deepEqual(
    names.map(({x, y, xshift}) => [x, y, xshift]),
    [
      [4, 0, 3],
      [4, 2, 3],
    ],
  );
  near(
    names.map(({yshift}) => yshift),
    [6, -104],
  ); // of 100 pixels, 6 above the axis and 4 below the top
  const close = inside().endLabels(
    [
      {...ends[0], y: 0.5},
      {...ends[0], y: 0.5},
    ],
    [0, 1],
    {t: 6, b: 28},
  );
  near(
    close.map(({yshift}) => yshift),
    [0, -11.5],
  );
});
