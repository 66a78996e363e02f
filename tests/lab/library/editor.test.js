import assert from "node:assert/strict";
import {test} from "node:test";
import {editor} from "../../../assets/lab/library/editor.js";
import {happen, press} from "../dom.js";

function editing(more = {}) {
  const done = [];
  const asked = {value: "old", label: "Name", hint: "hint", most: 120, isLong: false, ...more};
  const box = editor(asked, (...given) => done.push(given));
  return {box, done};
}

test("Enter keeps what was written, once, with its spaces in order", () => {
  const {box, done} = editing();
  assert.deepEqual([box.value, box.getAttribute("aria-label"), box.getAttribute("maxlength")], ["old", "Name", "120"]);
  box.value = "  new   name ";
  assert.ok(press(box, "Enter").defaultPrevented);
  happen(box, "blur");
  assert.deepEqual(done, [["new name", true]]);
});

test("Escape keeps nothing, and neither does what is the same", () => {
  const {box, done} = editing();
  box.value = "new";
  press(box, "a");
  press(box, "Escape");
  const other = editing();
  press(other.box, "Enter");
  assert.deepEqual([done, other.done], [[[null, true]], [[null, true]]]);
});

test("going elsewhere keeps it", () => {
  const {box, done} = editing();
  box.value = "";
  happen(box, "blur");
  assert.deepEqual(done, [["", false]]);
});

test("Enter that chooses a letter is none", () => {
  const {box, done} = editing();
  press(box, "Enter", {isComposing: true});
  assert.deepEqual(done, []);
});

test("a note may have lines", () => {
  const {box, done} = editing({isLong: true, value: ""});
  assert.equal(box.tagName, "TEXTAREA");
  box.value = " one\ntwo ";
  assert.ok(!press(box, "Enter", {shiftKey: true}).defaultPrevented);
  press(box, "Enter");
  assert.deepEqual(done, [["one\ntwo", true]]);
});
