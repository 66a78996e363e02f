import assert from "node:assert/strict";
import {test} from "node:test";
import {HandingOn} from "../../../assets/lab/controls/handing_on.js";
import {Reach} from "../../../assets/lab/data/reach.js";
import {labOf} from "../lab.js";
import {pass, visit} from "../server.js";

/** The buttons of a lab, by what they do; what the server was asked, and what was said. */
function toolsOf(more = {}) {
  visit("/trick");
  const [asked, said] = [[], []];
  globalThis.fetch = /** @type {any} */ (
    async (address, {body}) => {
      asked.push([address, JSON.parse(body)]);
      return {status: 503, ok: false, text: async () => "Too many rooms."};
    }
  );
  const lab = labOf(undefined, {
    declared: () => ({label: "level"}),
    params: () => ({level: "2"}),
    addressWith: () => "there",
    here: () => "here",
    say: (...words) => said.push(words),
    reach: new Reach(),
    role: "steer",
    ...more,
  });
  Object.assign(lab.config, {trick: "trick", language: "en", rooms: "/rooms", knobs: [], settings: [], controls: []});
  const tools = new HandingOn(lab);
  document.body.append(...tools.ofRun, ...tools.ofPage, ...tools.dialogs);
  const names = (buttons) => buttons.map(({dataset}) => dataset.copy ?? dataset.action);
  const press = (name) => tools.ofPage.find(({dataset}) => dataset.action === name).click();
  return {tools, lab, asked, said, names, press};
}

test("a run is handed on by two links, a page by its address, to a lesson, and to a class", () => {
  const {tools, names} = toolsOf();
  assert.deepEqual(names(tools.ofRun), ["run", "share"]);
  assert.deepEqual(names(tools.ofPage), ["address", "lesson", "teach"]);
  assert.equal(tools.dialogs.length, 2);
  const titles = [...tools.ofRun, ...tools.ofPage].map(({title}) => title);
  const what = ["copy.run", "share", "copy.address", "lesson", "teach"];
  assert.deepEqual(
    titles,
    what.map((name) => `lab.${name}.help`),
  );
});

test("where only some controls are in reach, strictly, no lesson is made of it", () => {
  const {tools, names} = toolsOf({reach: new Reach({show: null, lock: [], strict: true})});
  assert.deepEqual([names(tools.ofPage), tools.dialogs.length], [["address"], 1]);
});

test("a lesson link is made in a dialog, and a room is opened around what is set", async () => {
  const {tools, asked, said, press} = toolsOf();
  press("lesson");
  assert.ok(/** @type {any} */ (tools.dialogs[1]).open);
  press("teach");
  await pass();
  assert.deepEqual(asked, [["/rooms", {page: "trick", query: {level: "2"}, lang: "en"}]]);
  assert.deepEqual(said, [["unstarted", "Too many rooms."]]);
});

test("somebody else's run is not shared", () => {
  const {tools, lab} = toolsOf();
  tools.refresh();
  assert.equal(tools.share.element.hidden, false);
  Object.assign(lab, {role: "visit"});
  tools.refresh();
  assert.equal(tools.share.element.hidden, true);
});
