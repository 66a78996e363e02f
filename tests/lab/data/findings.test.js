import assert from "node:assert/strict";
import {test} from "node:test";
import {betterOf, comparisons, openPoint, points, shownMetrics, verdict} from "../../../assets/lab/data/findings.js";
import {Study} from "../../../assets/lab/data/study.js";
import {labOf, METRICS} from "../lab.js";

/** A page over seeds, with a study of that header. */
function pageOf(head, more = {}) {
  const store = new Study();
  if (head) store.add({study: "s", arms: ["base", "one"], judged: "test_loss", ...head}, more.arrays ?? []);
  const arms = () => (head?.arms ?? ["base", "one"]).map((name) => ({label: name.toUpperCase()}));
  const better = (metric) => betterOf(METRICS, metric);
  return labOf(store, {swept: false, point: 0, metrics: METRICS, arms, better, ...more});
}
const final = (arm, name, seed, value) => ({group: "final", arm, name, seed, values: [value]});
const band = (name, of) => ({group: "band", of, arm: 1, name, axis: "mean", values: [1]});
const row = (point, mean, more = {}) => ({metric: "test_loss", point, mean, values: {rate: point}, ...more});

test("metrics are shown, and of a repeat whatever else there are curves of, once each", () => {
  const arrays = [band("gap"), band("gap", "difference"), band("test_loss")];
  assert.deepEqual(shownMetrics(pageOf({}, {arrays})), ["test_loss", "test_accuracy", "gap"]);
  assert.deepEqual(shownMetrics(pageOf({}, {arrays, swept: true})), ["test_loss", "test_accuracy"]);
});

test("a metric's better side is what the server says; that of another loss is below", () => {
  assert.deepEqual(
    ["test_accuracy", "train_loss", "loss_scale"].map((name) => betterOf(METRICS, name)),
    ["higher", "lower", null],
  );
});

test("while seeds arrive the open point stays, at the end it is the best", () => {
  const response = [row(0, 3), row(1, 2), row(2, 1), row(3, 1), row(4, null), {metric: "test_accuracy", point: 5}];
  const open = (state, point, more = {}) => openPoint(pageOf({state, response}, {point, ...more}));
  assert.deepEqual([open("running", 1), open("running", 4), open("finished", 1)], [1, 2, 2]);
  assert.equal(open("running", 5), 2); // of another metric
  assert.equal(open("finished", 1, {better: () => "higher"}), 0);
  assert.equal(open("finished", 1, {metric: "test_accuracy"}), 0); // nothing is measured
});

test("a point of which seeds diverged is not the best, where there is another", () => {
  const open = (...response) => openPoint(pageOf({state: "finished", response}));
  assert.equal(open(row(1, 3), row(2, 1, {num_diverged: 14}), row(3, 2)), 3);
  assert.equal(open(row(1, 3, {num_diverged: 1}), row(2, 1, {num_diverged: 14})), 2);
});

test("the verdict is of the metric that is judged, and no claim before the end", () => {
  const lines = [
    {metric: "test_accuracy", arm: "one", text: "other", claimed: true},
    {metric: "test_loss", arm: "one", text: "lower", claimed: true},
  ];
  assert.deepEqual(verdict(pageOf({lines, state: "finished"})), [{text: "lower", claimed: true}]);
  const early = [{text: "lab.seeds.verdict.early lower", claimed: false}];
  assert.deepEqual(verdict(pageOf({lines, state: "running"})), early);
  assert.deepEqual(verdict(pageOf({lines, state: "canceled"})), early);
  const [shown] = verdict(pageOf({lines, state: "finished"}, {swept: true, metric: "test_accuracy"}));
  assert.deepEqual(shown, {text: "other", claimed: true});
});

test("of several tricks each sentence says whose it is", () => {
  const lines = ["two", "three"].map((arm) => ({metric: "test_loss", arm, text: "lower", claimed: false}));
  const said = verdict(pageOf({lines, arms: ["base", "one", "two"], state: "finished"}));
  assert.deepEqual(said, [
    {text: "TWO: lower", claimed: false},
    {text: "three: lower", claimed: false},
  ]);
});

test("where there is nothing to judge, that is said of a repeat", () => {
  assert.deepEqual(verdict(pageOf({state: "running"})), [{text: "lab.seeds.verdict.wait", claimed: null}]);
  assert.deepEqual(verdict(pageOf({state: "finished", lines: []})), [{text: "lab.seeds.verdict.none", claimed: null}]);
  assert.deepEqual([verdict(pageOf(null)), verdict(pageOf({state: "running"}, {swept: true}))], [[], []]);
});

const LINE = {metric: "test_loss", arm: "one", mean: -0.5, low: -0.75, high: -0.25, effect: -2, won: 7, num_seeds: 8};

test("a row of a repeat says where both stand, their difference, and how sure that is", () => {
  const arrays = [final(0, "test_loss", 0, 1), final(0, "test_loss", 1, 2), final(1, "test_loss", 0, 0.5)];
  const lines = [
    {...LINE, claimed: true, p_holm: 0.01234},
    {...LINE, metric: "test_accuracy", claimed: false, mean: null, low: null, high: null, effect: null, p_holm: null},
    {...LINE, claimed: false, low: null, p_holm: 1},
  ];
  const {head, rows} = comparisons(pageOf({lines}, {arrays}));
  const at = (key) => `lab.seeds.head.${key}`;
  assert.deepEqual(head, [
    ...["metric", "baseline"].map(at),
    "ONE",
    ...["difference", "effect", "won", "p", "claim"].map(at),
  ]);
  assert.deepEqual(rows, [
    {
      cells: [
        "<test_loss>",
        "1.00",
        "0.500",
        "−0.50 lab.seeds.interval −0.75 −0.25",
        "−2.0",
        "lab.seeds.won.of 7 8",
        "0.012",
        "lab.seeds.claimed.better",
      ],
      claimed: "better",
    },
    {
      cells: ["<test_accuracy>", "–", "–", "–", "–", "lab.seeds.won.of 7 8", "–", "lab.seeds.unclaimed"],
      claimed: undefined,
    },
    {
      cells: ["<test_loss>", "1.00", "0.500", "−0.50", "−2.0", "lab.seeds.won.of 7 8", "1", "lab.seeds.unclaimed"],
      claimed: undefined,
    },
  ]);
});

test("what is told from noise is for the better or the worse, or of neither side a difference", () => {
  const way = (line) => comparisons(pageOf({lines: [{...LINE, claimed: true, ...line}]})).rows[0];
  assert.equal(way({mean: 0.5}).claimed, "worse");
  assert.equal(way({mean: 0.5, metric: "test_accuracy"}).claimed, "better");
  assert.equal(way({metric: "norm"}).claimed, "other");
  assert.equal(way({metric: "norm"}).cells.at(-1), "lab.seeds.claimed.other");
  assert.equal(way({effect: Infinity}).cells[4], "–");
});

test("where seeds diverged both stand as on the seeds that both have, and their difference is that of the row", () => {
  const values = [
    [1, 3, NaN, 8],
    [0.5, NaN, 2, 7],
  ];
  const arrays = values.flatMap((ofSeeds, arm) => ofSeeds.map((value, seed) => final(arm, "test_loss", seed, value)));
  const [{cells}] = comparisons(pageOf({lines: [{...LINE, mean: -0.75}]}, {arrays})).rows;
  assert.deepEqual(cells.slice(1, 3), ["4.50", "3.75"]);
  const none = comparisons(pageOf({lines: [LINE]}, {arrays: arrays.slice(0, 4)})).rows[0];
  assert.deepEqual(none.cells.slice(1, 3), ["–", "–"]);
});

test("of several tricks each row says whose it is", () => {
  const {head, rows} = comparisons(pageOf({arms: ["base", "one", "two"], lines: [{...LINE, arm: "two"}]}));
  assert.deepEqual([head[2], rows[0].cells[0]], ["lab.many.arm", "<test_loss>, TWO"]);
  const none = comparisons(pageOf(null, {arms: () => [{label: "BASE"}]}));
  assert.deepEqual([none.head[2], none.rows], ["", []]);
});

test("a row of a sweep says mean and interval, the seeds it has and lost, and the difference to neutral", () => {
  const more = {low: 0.25, high: 0.75, n: 7, num_diverged: 1, claimed: true};
  const response = [
    row(3, 0.5, {...more, difference: 0.125, difference_low: -0.5, difference_high: 0.75}),
    row(4, null, {low: null, high: null, n: 0, num_diverged: 8, claimed: false}),
    row(5, 0.5, {...more, difference: 0, difference_low: null, claimed: false}),
    {metric: "test_accuracy"},
  ];
  const {head, rows} = points(pageOf({response, state: "finished"}));
  const keys = ["point", "mean", "low", "high", "n", "lost", "neutral"];
  assert.deepEqual(
    head,
    keys.map((key) => `lab.seeds.${key}`),
  );
  assert.deepEqual(rows, [
    {
      cells: ["rate,3", "0.500", "0.250", "0.750", "7", "1", "+0.13 lab.seeds.interval −0.50 +0.75"],
      point: 3,
      claimed: true,
    },
    {cells: ["rate,4", "–", "–", "–", "0", "8", "–"], point: 4, claimed: undefined},
    {cells: ["rate,5", "0.500", "0.250", "0.750", "7", "1", "0"], point: 5, claimed: undefined},
  ]);
  assert.equal(points(pageOf({response, state: "running"})).rows[0].claimed, undefined);
});
