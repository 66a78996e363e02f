import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {SettingsBox} from "../../../assets/lab/room/settings_box.js";
import {happen} from "../dom.js";
import {t} from "../room.js";
import {visit} from "../server.js";

const HELD = {locked: false, settings: {names: true, low: 0.35, high: 0.7}};
let said;
let removed;
let settings;
const box = (name) => settings.element.querySelector(`[data-set="${name}"]`);
const shown = () => [box("locked").checked, box("names").checked, box("low").value, box("high").value];

beforeEach(() => {
  visit();
  said = [];
  removed = 0;
  settings = new SettingsBox(
    t,
    (message) => said.push(message),
    () => (removed += 1),
  ); // prettier-ignore
  document.body.append(settings.element);
  settings.draw(HELD);
});

test("it shows what holds, bounds in percent", () => {
  assert.deepEqual(shown(), [false, true, "35", "70"]);
  settings.draw({locked: true, settings: {names: false, low: 0.29, high: 0.58}}); // 0.29 * 100 is no whole number
  assert.deepEqual(shown(), [true, false, "29", "58"]);
});

test("what is set is told alone", () => {
  box("locked").checked = true;
  happen(box("locked"), "change");
  box("names").checked = false;
  happen(box("names"), "change");
  box("low").value = "40";
  happen(box("low"), "change");
  box("high").value = "85";
  happen(box("high"), "change");
  assert.deepEqual(said, [
    {type: "set", locked: true},
    {type: "set", names: false},
    {type: "set", low: 0.4},
    {type: "set", high: 0.85},
  ]);
});

test("an emptied box sets nothing, and one that is typed in stays as it is", () => {
  box("low").focus();
  box("low").value = "";
  happen(box("low"), "change");
  settings.draw(HELD);
  assert.deepEqual([said, box("low").value], [[], ""]);
  box("low").blur();
  settings.draw(HELD);
  assert.equal(box("low").value, "35");
});

test("the room is closed, and deleted, by two taps", () => {
  const tap = (action) => {
    settings.element.querySelector(`[data-action=${action}]`).click();
  };
  tap("close");
  tap("delete");
  assert.deepEqual([said, removed], [[], 0]);
  tap("close");
  tap("delete");
  assert.deepEqual([said, removed], [[{type: "close"}], 1]);
});
