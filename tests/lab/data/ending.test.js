import assert from "node:assert/strict";
import {test} from "node:test";
import {bestLine, endLine} from "../../../assets/lab/data/ending.js";
import {labOf, runOf} from "../lab.js";

const at = (losses, accuracy = 0.5) => {
  const step = losses.map((_, i) => 100 - losses.length + 1 + i);
  return {tests: {step, test_loss: losses, test_accuracy: losses.map(() => accuracy)}};
};
const end = (arms, head = {}, judged = "test_loss") => {
  const lab = labOf(runOf(arms, {step: 1000, state: "finished", ...head}));
  lab.config = {...lab.config, judged};
  return endLine(lab);
};

test("at the end it says who leads, by the metric that is judged, and with caution", () => {
  assert.equal(end([at([1]), at([0.5])]), "Lab.end.leads loss one base 0.500 1.00 – – lab.end.caution");
  assert.match(
    end([at([1], 0.75), at([0.5])], {}, "test_accuracy"),
    /^Lab\.end\.leads accuracy base one 0\.750 0\.500/,
  );
  assert.match(end([at([1]), at([0.5])], {}, "unknown"), /^Lab\.end\.leads loss one/);
  assert.equal(end([at([1]), at([1])]), "lab.end.alike loss lab.end.caution");
});

test("where several arms are best and alike, they are named, and none leads", () => {
  const three = (...losses) => end(losses.map((loss) => at([loss])));
  assert.equal(three(1, 0.5, 0.5), "lab.end.tied loss one, two 0.500 lab.end.caution");
  assert.equal(three(0.5, 0.5, 1), "lab.end.tied loss base, one 0.500 lab.end.caution");
  assert.match(three(1, 0.5, 1), /^Lab\.end\.leads loss one/);
  assert.equal(three(1, 1, 1), "lab.end.alike loss lab.end.caution");
});

test("whether the last tenth agrees is said where both have one", () => {
  assert.match(end([at([1, 1]), at([0.5, 0.5])]), /^Lab\.end\.leads\.tail loss one base 0\.500 1\.00 0\.500 1\.00 /);
  assert.match(end([at([1, 2]), at([9, 1])]), /^Lab\.end\.leads\.otherwise loss one base 1\.00 2\.00 5\.00 1\.50 /);
  assert.match(end([at([1, 2]), at([2, 1])]), /^Lab\.end\.leads\.otherwise /); // alike is not ahead
  assert.match(end([at([1]), at([0.5, 0.5])]), /^Lab\.end\.leads loss/);
  assert.match(end([at([1, 1]), at([0.5])]), /^Lab\.end\.leads loss/);
});

test("a run that did not finish says so first, and arms that ended are told", () => {
  const failures = [
    {arm: 1, step: 2000, knobs: {lr: 9}},
    {arm: 7, step: 3, knobs: {}},
  ];
  assert.equal(
    end([at([1]), at([0.5])], {state: "stopped", failures}),
    "lab.end.stopped 1,000 Lab.end.alone base loss 1.00 " +
      "Lab.end.failure one 2,000 lr,9 Lab.end.failure  3  lab.end.caution",
  );
  assert.equal(end([{}, {}], {failures: failures.slice(0, 1)}), "lab.end.bare 1,000 Lab.end.failure one 2,000 lr,9");
  const unjudged = {tests: {step: [1], test_loss: [NaN], test_accuracy: [0.5]}};
  assert.equal(end([unjudged, unjudged]), "lab.end.caution");
  assert.equal(end([at([1]), unjudged]), "lab.end.caution"); // the other is there as well
});

test("an arm that ended leads nobody: who is left is told, alone or before the next", () => {
  const failures = [{arm: 1, step: 100, knobs: {}}];
  const told = "Lab.end.failure one 100  lab.end.caution";
  assert.equal(end([at([1]), at([0.5])], {failures}), `Lab.end.alone base loss 1.00 ${told}`);
  assert.equal(end([at([1]), at([0.5]), at([2])], {failures}), `Lab.end.leads loss base two 1.00 2.00 – – ${told}`);
  assert.equal(end([at([1]), at([0.5]), at([1])], {failures}), `lab.end.alike loss ${told}`);
  const all = [...failures, {arm: 0, step: 100, knobs: {}}];
  assert.match(
    end([at([1]), at([0.5])], {failures: all, state: "failed"}),
    /^lab\.end\.failed 1,000 Lab\.end\.failure one/,
  );
});

test("of many arms the best on the metric shown is told, with its difference to the baseline", () => {
  const best = (arms, head = {}, metric = "test_loss") =>
    bestLine(labOf(runOf(arms, {step: 1000, state: "finished", ...head}), {metric}));
  const arms = [at([1], 0.75), at([0.5], 0.25), at([0.25], 0.5)];
  const end = "lab.many.state.finished 1,000";
  assert.equal(best(arms), `${end} lab.many.best <test_loss> two 0.250 −0.75 lab.end.caution`);
  assert.equal(
    best(arms, {}, "test_accuracy"),
    `${end} lab.many.best.baseline <test_accuracy> base 0.750  lab.end.caution`,
  );
  const losses = (...values) => best(values.map((value) => at([value])));
  assert.equal(losses(1, 0.5, 0.5), `${end} lab.end.tied <test_loss> one, two 0.500 lab.end.caution`);
  assert.equal(losses(0.5, 1, 0.5), `${end} lab.end.tied <test_loss> base, two 0.500 lab.end.caution`);
  assert.equal(losses(1, 1, 1), `${end} lab.end.alike <test_loss> lab.end.caution`);
  assert.equal(losses(1), `${end} lab.many.best.baseline <test_loss> base 1.00  lab.end.caution`);
  const failures = [
    {arm: 1, step: 2000, knobs: {lr: 9}},
    {arm: 7, step: 3, knobs: {}},
  ];
  assert.equal(
    best([{}, {}], {failures, state: "failed"}),
    "lab.many.state.failed 1,000 Lab.end.failure one 2,000 lr,9 Lab.end.failure  3  lab.end.caution",
  );
  const ended = "Lab.end.failure one 2,000 lr,9 lab.end.caution";
  assert.equal(
    best([at([1]), at([0.25]), at([0.5])], {failures: failures.slice(0, 1)}),
    `${end} lab.many.best <test_loss> two 0.500 −0.50 ${ended}`,
  );
  assert.equal(
    best([{}, at([0.5])], {failures: [{arm: 0, step: 9, knobs: {}}]}),
    `${end} lab.many.best.bare <test_loss> one 0.500  Lab.end.failure base 9  lab.end.caution`,
  );
});
