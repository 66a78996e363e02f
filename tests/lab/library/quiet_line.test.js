import assert from "node:assert/strict";
import {mock, test} from "node:test";
import {QuietLine} from "../../../assets/lab/library/quiet_line.js";
import {happen} from "../dom.js";

mock.timers.enable({apis: ["setTimeout"]});
const said = (line) => [line.text.textContent, line.button.hidden];

test("what was done is said for ten seconds, with a way back", () => {
  const line = new QuietLine();
  let undone = 0;
  line.say("Deleted.", {label: "Undo", undo: () => undone++});
  assert.deepEqual(
    [said(line), line.element.getAttribute("role"), line.button.textContent],
    [["Deleted.", false], "status", "Undo"],
  );
  mock.timers.tick(9999);
  assert.ok(line.says("Deleted."));
  mock.timers.tick(1);
  assert.deepEqual(said(line), ["", true]);
  line.say("Deleted.", {label: "Undo", undo: () => undone++});
  line.button.click();
  assert.deepEqual([undone, said(line)], [1, ["", true]]);
});

test("it waits while somebody is at it", () => {
  const line = new QuietLine();
  line.say("Deleted.", {label: "Undo", undo: () => null});
  happen(line.element, "pointerenter");
  mock.timers.tick(60_000);
  assert.ok(line.says("Deleted."));
  happen(line.element, "pointerleave");
  mock.timers.tick(10_000);
  assert.ok(line.says(""));
});

test("trouble stays until it is over", () => {
  const line = new QuietLine();
  line.say("The disk is full.", {isTrouble: true});
  mock.timers.tick(60_000);
  assert.deepEqual([said(line), line.element.hasAttribute("data-trouble")], [["The disk is full.", true], true]);
  line.clear();
  assert.deepEqual([said(line), line.element.hasAttribute("data-trouble")], [["", true], false]);
});
