import assert from "node:assert/strict";
import {test} from "node:test";
import {LessonBox} from "../../../assets/lab/controls/lesson_box.js";
import {Reach, reachParams} from "../../../assets/lab/data/reach.js";
import {outline} from "../dom.js";
import {labOf} from "../lab.js";
import {pass, visit} from "../server.js";

/** A box on the page, open; the address is what it says of the controls. */
function boxOf(told) {
  visit("/trick");
  const lab = labOf(undefined, {
    declared: (name) => ({level: {label: "flood level"}, lr: {label: "learning rate"}})[name],
    addressWith: (reach, autostart) => JSON.stringify({...reachParams(reach), autostart}),
    reach: new Reach(told),
  });
  Object.assign(lab.config, {knobs: [{name: "level"}], settings: [{name: "lr"}], controls: ["seed", "tabs"]});
  const box = new LessonBox(lab);
  document.body.append(box.element);
  box.open();
  const link = () => JSON.parse(box.link.value);
  const press = (selector) => /** @type {any} */ (box.element.querySelector(selector)).click();
  const set = (name, state) => press(`[data-name=${name}] [data-value=${state}]`);
  return {box, link, press, set};
}

test("exactly one knob is handed out by two presses", () => {
  const {box, link, press, set} = boxOf();
  assert.ok(box.element.open);
  assert.deepEqual(link(), {autostart: false});
  press("[data-action=all-hidden]");
  assert.deepEqual(link(), {show: "", autostart: false});
  set("level", "free");
  assert.deepEqual(link(), {show: "level", autostart: false});
  set("lr", "locked");
  assert.deepEqual(link(), {show: "level,lr", lock: "lr", autostart: false});
  press("[data-action=close]");
  assert.equal(box.element.open, false);
});

test("a link may be strict, and start by itself", () => {
  const {link, press, set} = boxOf();
  press("[data-toggle=strict]");
  assert.deepEqual(link(), {autostart: false}); // where nothing is held back there is nothing to be strict about
  press("[data-toggle=autostart]");
  set("seed", "hidden");
  assert.deepEqual(link(), {show: "level,lr,tabs", strict: "1", autostart: true});
});

test("tabs are there or not: they are not locked, one by one or with all", () => {
  const {box, link, press} = boxOf();
  const states = [...box.element.querySelectorAll("[data-name=tabs] button")].map(({dataset}) => dataset.value);
  assert.deepEqual(states, ["free", "hidden"]);
  press("[data-action=all-locked]");
  assert.deepEqual(link(), {lock: "level,lr,seed", autostart: false});
  press("[data-action=all-free]");
  assert.deepEqual(link(), {autostart: false});
});

test("it begins with what is in reach on the page", () => {
  const {link} = boxOf({show: ["level", "seed"], lock: ["seed"], strict: false});
  assert.deepEqual(link(), {show: "level,seed", lock: "seed", autostart: false});
});

test("the link is copied where there is no clipboard, too", async () => {
  const {box, press} = boxOf();
  press("[data-action=all-hidden]");
  const copied = [];
  Object.defineProperty(globalThis.navigator, "clipboard", {value: undefined, configurable: true});
  document.execCommand = /** @type {any} */ (
    (command) => {
      copied.push([command, /** @type {any} */ (box.element.lastElementChild).value]);
      return true;
    }
  );
  press("[data-copy=lesson]");
  await pass();
  assert.deepEqual(copied, [["copy", box.link.value]]);
  assert.equal(box.element.querySelector("[data-copy=lesson]").textContent, "lab.copy.done");
});

test("each control is a group of states under its name, and the link has one", () => {
  const {box} = boxOf();
  const lines = outline(box.element).split("\n");
  assert.equal(lines[0].replace(" open=", ""), "dialog class=lab-dialog lab-lesson-box aria-label=lab.lesson.title");
  for (const name of ["flood level", "learning rate", "lab.seed", "lab.reach.tabs"])
    assert.ok(
      lines.some((line) => line.includes(`role=radiogroup aria-label=${name}`)),
      name,
    );
  assert.ok(lines.some((line) => line.includes("textarea") && line.includes("aria-label=lab.lesson.link")));
});
