import assert from "node:assert/strict";
import {test} from "node:test";
import {LookingBack} from "../../../assets/lab/controls/looking_back.js";
import {Store} from "../../../assets/lab/data/store.js";
import {h} from "../../../assets/lab/page/dom.js";
import {happen} from "../dom.js";
import {labOf, runOf} from "../lab.js";

const ARMS = [{rows: {step: [1, 2, 3, 4], train_loss: [8, 4, 2, 1]}}];

function looking(more = {}) {
  const told = [];
  const note = (name) => (given) => told.push([name, given]);
  const back = {longer: null, branch: note("branch"), extend: note("extend"), ...more};
  const lab = labOf(runOf(ARMS), {root: h("div"), rewind: note("rewind"), back, ...more});
  return {lab, told, back: new LookingBack(lab)};
}
const pressed = (back, action) => back.element.querySelector(`[data-action=${action}]`).click();
const hidden = ({line, longer}) => [line, longer].map((element) => element.hasAttribute("hidden"));

test("the slider stands at the newest step and slides back", () => {
  const {back, told, lab} = looking();
  assert.deepEqual([back.range.value, back.range.max, back.range.disabled], ["4", "10", false]);
  assert.deepEqual(hidden(back), [true, true]);
  back.range.value = "2";
  happen(back.range, "input");
  assert.deepEqual(told, [["rewind", 2]]);
  lab.past = 2;
  back.refresh();
  assert.deepEqual(hidden(back), [false, true]);
  assert.match(back.told.textContent, /lab.past/);
  assert.ok(lab.root.hasAttribute("data-past"));
  pressed(back, "branch");
  pressed(back, "now");
  assert.deepEqual(
    told.slice(1).map(([name, given]) => name + (given === null ? " null" : "")),
    ["branch", "rewind null"],
  );
});

test("where the inside was known at another step it says which", () => {
  const told = (past, looks) => looking({store: runOf(ARMS, {looks}), past}).back.told.textContent;
  assert.equal(told(3, [2, 4]), "lab.past 3 4 lab.past.look 2");
  assert.equal(told(1, [2, 4]), "lab.past 1 4 lab.past.look 2");
  assert.deepEqual([told(2, [2, 4]), told(2, [])], ["lab.past 2 4", "lab.past 2 4"]);
});

test("a run that is over can be trained on, but not while one looks back", () => {
  const {back, told, lab} = looking({longer: 2000});
  assert.deepEqual(hidden(back), [true, false]);
  pressed(back, "extend");
  assert.equal(told[0][0], "extend");
  lab.past = 1;
  back.refresh();
  assert.deepEqual(hidden(back), [false, true]);
});

test("before the first step there is nothing to look back at", () => {
  const {back} = looking({store: new Store()});
  assert.equal(back.range.disabled, true);
});
