import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import "./dom.js";
import {ReportPage} from "../../assets/lab/report.js"; // which looks for a page at once
import {CHOICE, load, NUMBER, seen} from "./room.js";
import {pass} from "./server.js";

const STEP = {
  title: "One",
  begun_at: null,
  runs: [],
  experiments: [],
  question: null,
  right: null,
  votes: [],
  tally: {first: null, second: null},
};
const VOTED = {
  ...STEP,
  begun_at: 1,
  runs: ["/trick?run=a", "/trick?run=b"],
  question: CHOICE,
  right: {choice: 1},
  votes: [{opened_at: 1, closed_at: 61, said: 3, share: 1 / 3}],
  tally: {first: [2, 1, 0], second: null},
};
const CONFIG = {
  opened_at: 1,
  closed_at: 100,
  goes_at: 2592001,
  people: 4,
  files: {csv: "/lab/rooms/r1/csv", sheet: "/lab/rooms/r1/sheet"},
  wall: "/wall/r1",
  desk: "/desk/r1",
  steps: [VOTED, STEP],
};
const main = () => document.querySelector("main");
const text = (part) => seen(main().querySelector(part));
const links = () => [...main().querySelectorAll("a")].map((link) => link.getAttribute("href"));

function begin(more = {}) {
  load({...CONFIG, ...more}, {path: "/report/r1"});
  return new ReportPage();
}

beforeEach(() => begin());

test("it says when it was, how many took part, and when it goes by itself", () => {
  assert.match(
    text(".report-about"),
    /^<report.opened at=[\d:]+> · <report.closed at=[\d:]+> · <report.people count=4>$/,
  );
  assert.match(text(".report-actions"), /<report.goes at=January 31, 1970/);
  begin({people: 1, closed_at: null});
  assert.match(text(".report-about"), /<report.open> · <report.people.one>$/);
});

test("its files are taken by links; an open room has a way back to its desk", () => {
  assert.deepEqual(links().slice(0, 2), ["/lab/rooms/r1/csv", "/lab/rooms/r1/sheet"]);
  assert.ok(!links().includes("/desk/r1"));
  begin({closed_at: null});
  assert.ok(links().includes("/desk/r1"));
});

test("of each step its times, its votes and its runs", () => {
  const steps = [...main().querySelectorAll(".report-step")].map(seen);
  assert.match(
    steps[0],
    /^1 One <report.begun at=.+> · <report.vote.first from=.+ to=.+> Which\? .*A <report.count count=2/,
  );
  assert.match(steps[0], /<report.run number=1> <report.run number=2>$/);
  assert.equal(steps[1], "2 One <report.unseen>");
  assert.deepEqual(links().slice(-2), VOTED.runs);
});

test("of an experiment it leads to the study", () => {
  const experiments = [
    {kind: "seeds", places: 30, called: [], address: "/trick?study=s1"},
    {kind: "settings", places: 9, called: ["b"], address: "/trick?study=s2:knob"},
    {kind: "settings", places: 25, called: ["b", "η"], address: null},
  ];
  begin({steps: [{...STEP, experiments}]});
  assert.equal(
    text(".report-runs"),
    "<report.seeds count=30> <report.settings knobs=b count=9> <report.settings knobs=b, η count=25>",
  );
  assert.deepEqual(links().slice(-2), ["/trick?study=s1", "/trick?study=s2:knob"]);
});

test("of a number it says what is right", () => {
  const right = {answer: 9, tolerance: 2};
  begin({steps: [{...VOTED, question: NUMBER, right, tally: {first: [9], second: null}}]});
  assert.match(text(".report-step"), /<room.right right=<room.within answer=9 tolerance=2 unit=%>>/);
});

test("a room is deleted by two taps, and then nothing of it is there", async () => {
  const asked = [];
  let answer = {ok: false, status: 400, text: async () => "room must be one of yours"};
  globalThis.fetch = /** @type {any} */ (
    async (address, {method}) => {
      asked.push([method, address]);
      return answer;
    }
  );
  const tap = async () => {
    main().querySelector("[data-action=delete]").click();
    await pass(500);
  };
  await tap();
  assert.deepEqual(asked, []);
  await tap();
  assert.deepEqual([asked, text(".room-notice")], [[["DELETE", "/lab/rooms/r1"]], "room must be one of yours"]);
  answer = /** @type {any} */ ({ok: true});
  await tap();
  await tap();
  assert.equal(text(".room-notice"), "<room.desk.deleted>");
  assert.deepEqual([main().querySelectorAll(".report-step").length, links()], [0, []]);
});
