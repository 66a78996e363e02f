import assert from "node:assert/strict";
import {test} from "node:test";
import {
  asText,
  direction,
  leader,
  parts,
  ranked,
  tied,
  signed,
  standing,
  standings,
  tailOf,
  tex,
  WAYS,
} from "../../../assets/lab/data/standings.js";
import {Store} from "../../../assets/lab/data/store.js";

const METRICS = [
  {name: "test_loss", label: "test loss", better: "lower"},
  {name: "test_accuracy", label: "test accuracy", better: "higher"},
];
const WORDS = {arm: "arm", difference: "to baseline"};

/** A store whose arms have been measured: steps and values of each metric, and the step at which one has `ended`. */
function measuredRun(...runs) {
  const arms = runs.map(({ended: _, ...tests}) => tests);
  const failures = runs.flatMap(({ended}, arm) => (ended ? [{arm, step: ended, knobs: {}}] : []));
  const store = Store.fromSnapshot({run: "r", spec: {arms: arms.map(() => ({}))}, failures}, [], null);
  arms.forEach((tests, arm) => {
    for (const [name, values] of Object.entries(tests)) store.arms[arm].tests.extend(name, values);
  });
  return store;
}

const STORE = measuredRun(
  {step: [10, 20], test_loss: [0.5, 0.25], test_accuracy: [0.7, 0.9]},
  {step: [10, 20], test_loss: [0.4, 0.125], test_accuracy: [0.7, 0.85]},
  {step: [10], test_loss: [0.1], test_accuracy: [0.95], ended: 15},
);
const NOWHERE = {value: NaN, difference: NaN, tail: NaN, ended: false};

test("at a step that is looked back at arms stand as they stood then", () => {
  const [baseline, one] = standings(STORE, ["base", "one"], METRICS, 19);
  assert.deepEqual([baseline.cells[0].value, one.cells[0].value, one.cells[0].best], [0.5, 0.4, true]);
  assert.ok(Math.abs(one.cells[0].difference + 0.1) < 1e-12);
  assert.equal(standing(STORE, 1, "test_loss", 20).value, 0.125);
  assert.deepEqual(standing(STORE, 1, "test_loss", 9), NOWHERE);
});

test("an arm stands where it was measured last, against the baseline at that step", () => {
  assert.deepEqual(standing(STORE, 0, "test_loss"), {...NOWHERE, value: 0.25});
  assert.equal(standing(STORE, 1, "test_loss").difference, -0.125);
  const {difference, ended} = standing(STORE, 2, "test_loss");
  assert.ok(Math.abs(difference + 0.4) < 1e-12 && ended);
  assert.deepEqual(standing(measuredRun({}, {}), 1, "test_loss"), NOWHERE);
});

test("an arm that ended is the best on nothing and leads nobody, whatever it had measured; before, it was", () => {
  const labels = ["baseline", "a", "b"];
  const best = (until) => standings(STORE, labels, METRICS, until).map(({cells}) => cells.map((cell) => cell.best));
  assert.deepEqual(best(Infinity)[2], [false, false]);
  assert.deepEqual(best(15)[2], [false, false]);
  assert.deepEqual(best(14)[2], [true, true]);
  const ways = (until) => standings(STORE, labels, METRICS, until)[2].cells.map(({way}) => way);
  assert.deepEqual(
    [ways(15), ways(14)],
    [
      [0, 0],
      [1, 1],
    ],
  );
  const one = standings(
    measuredRun({step: [10], test_loss: [1]}, {step: [10], test_loss: [0.5], ended: 11}),
    labels.slice(0, 2),
    METRICS,
  );
  assert.equal(leader(one, 0, "lower"), null);
  assert.deepEqual([one[0].cells[0].best, one[1].cells[0].best], [false, false]);
  const twins = standings(
    measuredRun({step: [10], test_loss: [1]}, {step: [10], test_loss: [2]}, {step: [10], test_loss: [1], ended: 11}),
    labels,
    METRICS,
  );
  assert.deepEqual(
    twins.map(({cells}) => cells[0].best),
    [true, false, false],
  ); // as good as the best, and ended
});

test("the mean of the last tenth is of its tests, two or more", () => {
  assert.equal(tailOf([10, 90, 95, 100], [9, 5, 2, 4]), 3); // more than 90
  assert.equal(tailOf([10, 20], [1, 2]), NaN);
  assert.equal(tailOf([96, 98, 100], [1, NaN, 3]), 2);
  assert.equal(tailOf([], []), NaN);
});

test("differences have a sign and a direction", () => {
  assert.deepEqual([0.01234, -0.5, 0, NaN].map(signed), ["+0.012", "−0.50", "0", ""]);
  assert.deepEqual(
    [direction(-1, "lower"), direction(1, "lower"), direction(1, "higher"), direction(0, "lower")],
    [1, -1, 1, 0],
  );
});

test("the best on each metric is one, or none where all are alike", () => {
  const rows = standings(STORE, ["baseline", "a", "b"], METRICS);
  assert.deepEqual(
    rows.map(({cells}) => cells.map(({best}) => best)),
    [
      [false, true],
      [true, false],
      [false, false],
    ],
  );
  assert.deepEqual(
    rows[1].cells.map(({way}) => way),
    [1, -1],
  );
  const alike = measuredRun({step: [1], test_loss: [0.5]}, {step: [1], test_loss: [0.5]});
  assert.deepEqual(
    standings(alike, ["baseline", "a"], METRICS).map(({cells}) => cells[0].best),
    [false, false],
  );
});

test("who leads is compared with the baseline, or the baseline with the next", () => {
  const rows = standings(STORE, ["baseline", "a", "b"], METRICS);
  const on = (metric) => {
    const {first, second} = leader(rows, metric, METRICS[metric].better);
    return [first.label, second.label];
  };
  assert.deepEqual(on(0), ["a", "baseline"]);
  assert.deepEqual(on(1), ["baseline", "a"]);
  assert.equal(leader(standings(measuredRun({}, {}), ["baseline", "a"], METRICS), 0, "lower"), null);
});

test("the table goes along as Markdown, LaTeX and CSV", () => {
  const rows = standings(STORE, ["baseline", "a|b, λ₂ 0.1"], METRICS);
  assert.equal(
    asText("markdown", rows, METRICS, WORDS),
    [
      "| arm | test loss | to baseline | test accuracy | to baseline |",
      "| --- | ---: | ---: | ---: | ---: |",
      "| baseline | 0.250 |  | **0.900** |  |",
      "| a\\|b, λ₂ 0.1 | **0.125** | −0.13 | 0.850 | −0.050 |",
    ].join("\n"),
  );
  assert.equal(
    asText("latex", rows, METRICS, WORDS),
    [
      "\\begin{tabular}{lrrrr}",
      "arm & test loss & to baseline & test accuracy & to baseline \\\\",
      "\\hline",
      "baseline & 0.250 &  & \\textbf{0.900} &  \\\\",
      "a|b, $\\lambda$$_2$ 0.1 & \\textbf{0.125} & $-$0.13 & 0.850 & $-$0.050 \\\\",
      "\\end{tabular}",
    ].join("\n"),
  );
  assert.equal(
    asText("csv", rows, METRICS, WORDS),
    [
      "arm,test_loss,test_loss_difference,test_loss_last_tenth,test_accuracy,test_accuracy_difference,test_accuracy_last_tenth",
      "baseline,0.25,,,0.9,,",
      `"a|b, λ₂ 0.1",0.125,-0.125,,0.85,${0.85 - 0.9},`,
    ].join("\r\n"),
  );
});

test("LaTeX's own marks are said, not obeyed", () => {
  assert.equal(tex("50 % & a_b {x} \\ ~"), "50 \\% \\& a\\_b \\{x\\} \\textbackslash{} \\~{}");
});

test("each part's effect is told against all tricks without it, and alone against the baseline", () => {
  const at = (loss, accuracy) => ({step: [10], test_loss: [loss], test_accuracy: [accuracy]});
  // baseline, all, without a, without b, without c, only a, only b, only c
  const store = measuredRun(
    at(1, 0.5),
    at(0.5, 0.75),
    at(0.75, 0.625),
    at(0.5, 0.75),
    at(0.5, 0.875),
    at(0.75, 0.5),
    at(1, 0.5),
    at(1.5, 0.5),
  );
  const tricks = [[], ["a", "b", "c"], ["b", "c"], ["a", "c"], ["a", "b"], ["a"], ["b"], ["c"]];
  assert.deepEqual(parts(store, tricks, "test_loss", METRICS), [
    {trick: "a", last: -0.25, alone: -0.25, idle: false, idleAlone: false},
    {trick: "b", last: 0, alone: 0, idle: true, idleAlone: true}, // equal on every metric
    {trick: "c", last: 0, alone: 0.5, idle: false, idleAlone: false}, // equal on this one only
  ]);
  // Of two tricks the arm without the one is the other alone.
  const two = measuredRun(at(1, 0.5), at(0.5, 0.75), at(0.75, 0.5), at(0.625, 0.5));
  assert.deepEqual(parts(two, [[], ["a", "b"], ["a"], ["b"]], "test_loss", METRICS), [
    {trick: "a", last: -0.125, alone: -0.25, idle: false, idleAlone: false},
    {trick: "b", last: -0.25, alone: -0.375, idle: false, idleAlone: false},
  ]);
  assert.deepEqual(parts(two, [[], ["a", "b"]], "test_loss", METRICS), []); // no ablation
  assert.deepEqual(parts(measuredRun({}), [], "test_loss", METRICS), []);
});

test("an arm is compared at the same step only", () => {
  const at = (step, loss) => ({step, test_loss: loss});
  const difference = (...arms) => standing(measuredRun(...arms), 1, "test_loss").difference;
  assert.ok(Number.isNaN(difference(at([10], [1]), at([20], [2]))));
  assert.ok(Number.isNaN(difference(at([20], [1]), at([10], [2]))));
  assert.ok(Number.isNaN(difference(at([], []), at([10], [2]))));
  assert.equal(difference(at([10, 20], [1, 9]), at([10], [2])), 1);
  assert.deepEqual(standing(measuredRun(), 3, "test_loss"), NOWHERE);
  assert.deepEqual([WAYS[1], WAYS[-1], WAYS[0]], ["better", "worse", undefined]);
});

test("the best is found among those that were measured", () => {
  const at = (...losses) => measuredRun(...losses.map((loss) => (loss === null ? {} : {step: [1], test_loss: [loss]})));
  const labels = ["baseline", "a", "b"];
  const [loss] = METRICS;
  const best = (store) => standings(store, labels, [loss]).map(({cells}) => cells[0].best);
  assert.deepEqual(best(at(2, null, 1)), [false, false, true]);
  const first = (store) => {
    const found = leader(standings(store, labels, [loss]), 0, "lower");
    return found && [found.first.label, found.second.label];
  };
  assert.deepEqual(first(at(3, 1, 2)), ["a", "baseline"]); // not the runner-up
  assert.deepEqual(first(at(null, 1, 2)), ["a", "b"]);
  assert.deepEqual([first(at(1, 1, 2)), first(at(1, null, null))], [null, null]);
});

test("a part that was not run without the others, or to its end, is not told; of one trick there are none", () => {
  const at = (loss) => ({step: [10], test_loss: [loss], test_accuracy: [0.5]});
  const lost = measuredRun(at(1), at(0.5), at(0.5), {...at(0.5), ended: 12});
  assert.deepEqual(parts(lost, [[], ["a", "b"], ["a"], ["b"]], "test_loss", METRICS), [
    {trick: "a", last: NaN, alone: -0.5, idle: false, idleAlone: false},
    {trick: "b", last: 0, alone: NaN, idle: true, idleAlone: false},
  ]);
  const store = measuredRun(at(1), at(0.5), at(0.75), at(0.75), at(0.75));
  const [part] = parts(store, [[], ["a", "b", "c"], ["a"], ["b"], ["c"]], "test_loss", METRICS);
  assert.deepEqual(part, {trick: "a", last: NaN, alone: -0.25, idle: false, idleAlone: false});
  assert.deepEqual(parts(store, [[], ["a"], ["a"]], "test_loss", METRICS), []);
});

test("marks are quoted in CSV and written out in LaTeX; what was not measured is a dash", () => {
  const rows = standings(measuredRun({}), ['a "b"'], [METRICS[0]]);
  assert.equal(asText("csv", rows, [METRICS[0]], WORDS).split("\r\n")[1], '"a ""b""",,,');
  assert.match(asText("markdown", rows, [METRICS[0]], WORDS), /\| a "b" \| – \| {2}\|$/);
  assert.equal(tex("−1 ≥ – ∞ m² γ"), "$-$1 $\\geq$ -- $\\infty$ m$^2$ $\\gamma$");
  assert.equal(tex("b 0.1 → 0.2 → … → 0.5"), "b 0.1 $\\to$ 0.2 $\\to$ \\dots{} $\\to$ 0.5");
});

test("arms that are best and alike are told, but not one alone nor all", () => {
  const arms = (...values) => tied(values.map((value, arm) => ({arm, value}))).map(({arm}) => arm);
  assert.deepEqual([arms(1, 1, 2), arms(1, 2, 2), arms(1, 1), arms(1), arms()], [[0, 1], [], [], [], []]);
});

test("arms are ranked from the best to the worst, without those that were not measured or have ended", () => {
  const rows = standings(STORE, ["baseline", "a", "b"], METRICS);
  const order = (metric, better) => ranked(rows, metric, better).map(({label, arm, value}) => [label, arm, value]);
  assert.deepEqual(order(0, "lower"), [
    ["a", 1, 0.125],
    ["baseline", 0, 0.25],
  ]);
  assert.deepEqual(order(1, "higher")[0], ["baseline", 0, 0.9]);
  assert.deepEqual(ranked(standings(measuredRun({}, {}), ["baseline", "a"], METRICS), 0, "lower"), []);
});
