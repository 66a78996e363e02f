import assert from "node:assert/strict";
import {test} from "node:test";
import {Legend} from "../../../assets/lab/controls/legend.js";
import {Reach} from "../../../assets/lab/data/reach.js";
import {outline} from "../dom.js";
import {labOf} from "../lab.js";

function legendOf(count, {waiting = [], looks = [0, 1, 2, 3], ...more} = {}) {
  const calls = [];
  const note = (name) => (value) => calls.push([name, value]);
  const planned = ["base", "one", "two", "three"].slice(0, count).map((label, index) => {
    return {label, index, look: looks[index], waits: waiting.includes(index)};
  });
  const on = {addArm: () => calls.push(["add"]), select: note("select"), removeArm: note("remove")};
  const config = {limits: {arms: 4}};
  const lab = labOf(undefined, {config, planned: () => planned, ...on, ...more});
  const legend = new Legend(lab);
  legend.refresh();
  return {lab, legend, calls, items: [...legend.items.children]};
}

test("an arm has its line and its name; of two there is nothing to choose", () => {
  const {legend, items, calls} = legendOf(2);
  const line = (color, dash) =>
    `\n  svg viewBox=0 0 24 8 class=lab-sample aria-hidden=true\n    path d=M0 4h24 stroke=${color} stroke-dasharray=${dash}`;
  assert.deepEqual(
    items.map((item) => outline(item)),
    [
      `span class=lab-arm data-arm=0 title=${line("#808080", "5 4")}\n  span: base`,
      `span class=lab-arm data-arm=1 title=${line("#0000ff", "")}\n  span: one`,
    ],
  );
  const [dot, dashdot] = [2, 3].map((arm) => legend.sample(arm).firstChild.getAttribute("stroke-dasharray"));
  assert.deepEqual([dot, dashdot], ["1.5 3.5", "6 3 1.5 3"]);
  assert.equal(legend.element.className, "lab-legend");
  assert.equal(outline(legend.items).split("\n")[0], "div class=lab-arms role=group aria-label=lab.arms");
  assert.deepEqual(
    [legend.add.title, legend.add.className, legend.add.dataset.action, legend.add.getAttribute("aria-label")],
    ["lab.arm.add.help", "lab-button lab-remove", "add-arm", "lab.arm.add"],
  );
  assert.equal(legend.element.hasAttribute("data-choosing"), false);
  legend.add.click();
  assert.deepEqual(calls, [["add"]]);
});

test("of three the knobs move one, and the added ones can be taken away; four are the most", () => {
  const {legend, items, calls} = legendOf(3, {selected: 2});
  const [base, one, two] = items;
  assert.equal(base.tagName, "SPAN");
  assert.equal(
    outline(one).split("\n")[0],
    "button class=lab-arm data-arm=1 title=lab.arm.choose one type=button aria-pressed=false",
  );
  const [choose, remove] = two.children;
  assert.deepEqual([two.className, choose.getAttribute("aria-pressed")], ["lab-removable", "true"]);
  assert.deepEqual(
    [remove.title, remove.dataset.action, remove.className],
    ["lab.arm.remove two", "remove-arm", "lab-button lab-remove"],
  );
  one.click();
  remove.click();
  assert.deepEqual(calls, [
    ["select", 1],
    ["remove", 2],
  ]);
  assert.equal(legend.element.hasAttribute("data-choosing"), true);
  assert.deepEqual([legend.add.disabled, legendOf(4).legend.add.disabled], [false, true]);
});

test("what a run began without waits for the next start", () => {
  const {items} = legendOf(3, {waiting: [2]});
  const waits = items.map(
    (item) => [...item.querySelectorAll("[data-waits]"), ...(item.dataset.waits === undefined ? [] : [item])].length,
  );
  assert.deepEqual(waits, [0, 0, 1]);
  assert.equal(items[2].firstChild.title, "lab.structural");
});

test("an arm is drawn as it is on the charts, whatever its number in the next start", () => {
  const {items} = legendOf(3, {looks: [0, 1, 3]});
  assert.equal(items[2].querySelector("path").getAttribute("stroke"), "#00ff00");
});

test("it is built anew only where what it shows differs", () => {
  const {lab, legend, items} = legendOf(3);
  legend.refresh();
  assert.equal(legend.items.firstChild, items[0]);
  let last = items[0];
  for (const change of [
    {selected: 2},
    {planned: () => lab.arms().map((arm) => ({...arm, look: arm.index, waits: false}))},
    {theme: {...lab.theme, dark: true}},
    {theme: {...lab.theme, arms: []}},
  ]) {
    Object.assign(lab, change);
    legend.refresh();
    assert.notEqual(legend.items.firstChild, last);
    last = legend.items.firstChild;
  }
});

test("arms are neither added nor taken away where that is out of reach, and one of them is chosen still", () => {
  const reach = (told) => new Reach({show: null, lock: [], strict: false, ...told});
  const hidden = legendOf(3, {reach: reach({show: []})});
  assert.equal(hidden.legend.add.hidden, true);
  assert.equal(hidden.legend.element.querySelector("[data-action=remove-arm]"), null);
  hidden.items[2].click();
  assert.deepEqual(hidden.calls, [["select", 2]]);
  const locked = legendOf(3, {reach: reach({lock: ["arms"]})}).legend;
  const away = locked.element.querySelector("[data-action=remove-arm]");
  assert.deepEqual([locked.add.disabled, away.disabled, away.title], [true, true, "lab.reach.locked"]);
});
