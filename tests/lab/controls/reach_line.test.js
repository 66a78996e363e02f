import assert from "node:assert/strict";
import {test} from "node:test";
import {callControl, ReachLine} from "../../../assets/lab/controls/reach_line.js";
import {Reach} from "../../../assets/lab/data/reach.js";
import {outline} from "../dom.js";
import {labOf} from "../lab.js";

const OTHERS = ["task", "seed", "steps", "speed", "arms", "charts", "tabs"];

function labWith(told) {
  const calls = [];
  const lab = labOf(undefined, {
    controls: ["level", "lr", ...OTHERS],
    declared: (name) => ({level: {label: "flood level"}, lr: {label: "learning rate"}})[name],
    unlock: () => calls.push("unlock"),
    reach: new Reach(told),
  });
  return {lab, calls};
}

test("what is hidden and what is locked is named, with one button for all of it", () => {
  const {lab, calls} = labWith({show: ["level", "lr", ...OTHERS.slice(2)], lock: ["lr", "steps"], strict: false});
  const {element} = new ReachLine(lab);
  assert.equal(
    outline(element),
    `p class=lab-reach
  span: lab.reach.hidden lab.task, lab.seed lab.reach.held learning rate, lab.steps
  button type=button class=lab-button lab-text-button data-action=unlock: lab.reach.show`,
  );
  element.querySelector("button").click();
  assert.deepEqual(calls, ["unlock"]);
});

test("where things are locked alone the button unlocks them", () => {
  const {element} = new ReachLine(labWith({show: null, lock: ["level"], strict: false}).lab);
  assert.equal(element.textContent, "lab.reach.held flood levellab.reach.unlock");
});

test("a strict page names them, and has no button", () => {
  const {element} = new ReachLine(labWith({show: ["level"], lock: [], strict: true}).lab);
  assert.ok(element.textContent.startsWith("lab.reach.hidden learning rate, lab.task"));
  assert.equal(element.querySelector("button"), null);
});

test("where nothing is out of reach there is no line", () => {
  assert.equal(new ReachLine(labWith().lab).element.hidden, true);
});

test("each control has a name of its own", () => {
  const {lab} = labWith();
  const names = ["level", "lr", ...OTHERS].map((name) => callControl(lab, name));
  assert.equal(new Set(names).size, names.length);
  assert.ok(!names.includes(undefined) && !names.includes("undefined"));
});
