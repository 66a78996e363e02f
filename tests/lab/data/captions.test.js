import assert from "node:assert/strict";
import {test} from "node:test";
import {
  axisTitle,
  curvesTitle,
  emptyChart,
  responseTitle,
  studyLine,
  studyProgress,
  whichSeeds,
} from "../../../assets/lab/data/captions.js";
import {Study} from "../../../assets/lab/data/study.js";
import {labOf} from "../lab.js";

const KNOBS = [
  {name: "rate", symbol: "η", label: "learning rate", unit: "per step"},
  {name: "kind", symbol: "", label: "kind of it", unit: ""},
];

/** A page over seeds, with a study of that header. */
function pageOf(head = null, more = {}) {
  const store = new Study();
  if (head) store.add({study: "s", id: "id", seeds: [0, 1], done: 1, total: 1234, ...head}, []);
  return labOf(store, {
    swept: false,
    seeds: 2,
    planned: "id",
    point: 0,
    evidence: false,
    config: {first_seed: 100, recipe: {text: "The recipe."}},
    notices: {},
    declared: (name) => KNOBS.find((knob) => knob.name === name),
    axes: () => [],
    ...more,
  });
}

test("which seeds would be taken, and whether of the evidence recipe", () => {
  assert.equal(whichSeeds(pageOf(null, {seeds: 16})), "lab.seeds.which 100 115");
  assert.equal(whichSeeds(pageOf(null, {swept: true})), "lab.seeds.which.sweep 100 101");
  assert.equal(whichSeeds(pageOf(null, {evidence: true})), "The recipe. lab.seeds.which 100 101");
});

test("the line says the page's own troubles first, the connection before all", () => {
  const notices = {waiting: "w", note: "n", refused: "r", unstarted: "u", connection: "c"};
  for (const kind of ["connection", "unstarted", "refused", "waiting", "note"]) {
    assert.deepEqual(studyLine(pageOf({state: "canceled"}, {notices, starting: true})), {kind, text: kind[0]});
    delete notices[kind];
  }
  assert.deepEqual(studyLine(pageOf(null, {notices, starting: true})), {kind: "hint", text: "lab.starting"});
});

test("without any it says what there is to know of the study", () => {
  const said = (head, more) => studyLine(pageOf(head, more)).text;
  assert.deepEqual([said(null), said(null, {swept: true})], ["lab.seeds.hint", "lab.seeds.hint.sweep"]);
  assert.equal(said({state: "running"}, {starting: true, planned: "other"}), "lab.starting");
  assert.equal(said({state: "canceled"}, {planned: "other"}), "lab.seeds.differs");
  assert.equal(said({state: "finished"}, {seeds: 3}), "lab.seeds.differs");
  assert.equal(said({state: "canceled"}), "lab.seeds.canceled 1 1234");
  assert.equal(said({state: "interrupted"}), "lab.seeds.interrupted 1 1234");
  assert.deepEqual([said({state: "running"}), said({state: "finished"})], ["", ""]);
});

test("progress is of the study, or of what is planned", () => {
  assert.deepEqual(studyProgress(pageOf()), {done: 0, total: 2, text: "lab.seeds.done 0 2"});
  const axes = () => [{values: [1, 2, 3]}, {values: [1, 2]}];
  const planned = studyProgress(pageOf(null, {swept: true, seeds: 200, axes}));
  assert.deepEqual(planned, {done: 0, total: 1200, text: "lab.seeds.runs 0 1,200"});
  const text = (head) => studyProgress(pageOf(head, {axes})).text;
  assert.equal(text({state: "running", eta_s: 7}), "lab.seeds.done 1 1,234 · lab.progress.left lab.time.seconds 7");
  assert.equal(text({state: "running", eta_s: null}), "lab.seeds.done 1 1,234");
  assert.equal(text({state: "finished", eta_s: 7}), "lab.seeds.done 1 1,234 · lab.seeds.state.finished");
  assert.equal(studyProgress(pageOf({})).total, 1234);
});

test("an empty chart says what it waits for", () => {
  assert.equal(emptyChart(pageOf()), "lab.seeds.empty");
  assert.equal(emptyChart(pageOf({state: "running"})), "lab.seeds.empty.first");
  assert.equal(emptyChart(pageOf({state: "running"}, {starting: true})), "lab.starting");
});

test("charts are called after the metric, the knobs and the point that is open", () => {
  const axes = () => [{name: "rate"}, {name: "other"}];
  const response = [
    {metric: "test_accuracy", point: 1, values: {rate: 7}},
    {metric: "test_loss", point: 1, values: {rate: 0.5}},
  ];
  const page = pageOf({response}, {swept: true, axes, point: 1});
  assert.deepEqual(
    ["rate", "kind", "other"].map((name) => axisTitle(page, name)),
    ["η learning rate (per step)", "kind of it", "other"],
  );
  assert.equal(responseTitle(page), "lab.seeds.response <test_loss> learning rate, other");
  assert.equal(curvesTitle(page), "lab.seeds.at <test_loss> rate,0.5");
  assert.equal(curvesTitle({...page, point: 2}), "<test_loss>");
  assert.equal(curvesTitle({...page, swept: false}), "<test_loss>");
});
