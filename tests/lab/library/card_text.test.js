import assert from "node:assert/strict";
import {test} from "node:test";
import {about, left, result, steps, subject, title, took} from "../../../assets/lab/library/card_text.js";
import {t} from "../lab.js";

const CARD = {
  kind: "run",
  name: "",
  trick: "Trick",
  task: "task",
  differs: "",
  local: false,
  imported: false,
  fork_step: null,
};
const NOW = new Date(2026, 10, 29, 15, 30).getTime();

test("a run is called by its name, or by what it is of", () => {
  assert.equal(subject(CARD, t), "library.subject Trick task");
  assert.equal(title(CARD, t), "library.subject Trick task");
  assert.equal(title({...CARD, name: "mine"}, t), "mine");
});

test("beneath stands what its name does not say", () => {
  assert.equal(about(CARD, t), "");
  assert.equal(about({...CARD, differs: "b 0.4"}, t), "b 0.4");
  assert.equal(about({...CARD, differs: "b 0.4", fork_step: 1280}, t), "library.branch 1,280 · b 0.4");
  const full = {
    ...CARD,
    kind: "study",
    name: "mine",
    differs: "b 0.4",
    done: 3,
    total: 1600,
    local: true,
    imported: true,
    links: 2,
  };
  assert.deepEqual(about(full, t).split(" · "), [
    "library.subject Trick task",
    "b 0.4",
    "library.study 3 1,600",
    "library.local",
    "library.imported",
    "library.shared",
  ]);
});

test("steps say how many of them were made where that is not all", () => {
  assert.equal(steps({kind: "run", done: 2000, steps: 2000}, t), "2,000");
  assert.equal(steps({kind: "run", done: 500, steps: 2000}, t), "library.steps 500 2,000");
  assert.equal(steps({kind: "study", done: 3, steps: 2000}, t), "2,000"); // its runs are counted elsewhere
});

test("the result stands beside the baseline's", () => {
  const card = {judged: "loss", result: 0.25, baseline: 0.5};
  assert.deepEqual(result(card, t), {value: "0.250", beside: "library.baseline 0.500", metric: "loss"});
  assert.deepEqual(result({...card, baseline: null}, t), {value: "0.250", beside: "", metric: "loss"});
  assert.deepEqual(result({...card, result: null}, t), {value: "–", beside: "", metric: ""});
  const infinite = result({...card, result: "inf", baseline: "-inf"}, t);
  assert.deepEqual([infinite.value, infinite.beside], ["∞", "library.baseline −∞"]);
  assert.equal(result({...card, result: "nan"}, t).value, "nan");
});

test("the bin says for how much longer", () => {
  const ago = (days) => left({deleted: NOW / 1000 - days * 24 * 3600}, t, NOW);
  assert.deepEqual(
    [ago(0), ago(2.5), ago(6.5), ago(8)],
    ["library.left 7", "library.left 5", "library.left.day 1", "library.left.day 1"],
  );
});

test("how long it took is said in words", () => {
  assert.equal(took({seconds: 12.4}, t), "lab.time.seconds 12");
});
