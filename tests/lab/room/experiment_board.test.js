import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {ExperimentBoard} from "../../../assets/lab/room/experiment_board.js";
import {roomIn, seen, t} from "../room.js";
import {visit} from "../server.js";
import {bidsOf, experimentOf, LEVEL, RATE} from "./experiments.js";
import "../dom.js";

const PICTURE = {
  values: [0, 1],
  dots: [[0, 1, -0.1]],
  bands: [],
  lines: [],
  notes: [],
};
let board;
const shows = (experiment, picture = PICTURE, phase = "experiment") => {
  const bids = (experiment?.knobs ?? []).map((name) => ({b: {...LEVEL, values: [0, 1]}, r: RATE})[name]);
  const {page, ...room} = roomIn(phase, {experiment, picture});
  board.draw({...room, page: {...page, bids}});
  return seen(board.element);
};

beforeEach(() => {
  visit();
  board = new ExperimentBoard(t);
  document.body.append(board.element);
});

test("it is there while the wall shows an experiment", () => {
  shows(experimentOf(), PICTURE, "run");
  assert.ok(board.element.hidden);
  shows(undefined);
  assert.ok(board.element.hidden);
});

test("it says what every student is, how far it is, and what the dots are", () => {
  const said = shows(experimentOf());
  assert.match(
    said,
    /^<room.experiment.seeds> <room.wall.seeds places=8> <room.wall.own own=5> <room.experiment.state/,
  );
  assert.match(said, /<room.wall.differences metric=test loss baseline=baseline way=<room.wall.lower>>$/);
  assert.equal(board.element.querySelectorAll(".dot").length, 1);
  assert.doesNotMatch(shows(experimentOf({own: 0})), /room.wall.own/);
  const settings = shows(experimentOf({kind: "settings", knobs: ["b"], seeds: 2}), {...PICTURE, values: [[0], [1]]});
  assert.match(settings, /^<room.experiment.settings> <room.wall.settings places=8 seeds=2>/);
  assert.match(settings, /<room.wall.finals metric=test loss knob=level b way=<room.wall.lower>>$/);
});

test("while choices are taken it says how many there are, and draws nothing", () => {
  assert.equal(
    shows(bidsOf({given: 2}), {}),
    "<room.experiment.settings> <room.wall.choose knob=level b given=2 here=3>",
  );
});

test("two knobs are a map, and dots are there no more", () => {
  const values = [0, 1].flatMap((level) => RATE.values.map((rate) => [level, rate]));
  const bands = [{arm: 0, place: 4, mean: 0.25, low: null, high: null, diverged: 0}];
  const picture = {...PICTURE, dots: [[4, 0, 0.25]], bands, values};
  shows(experimentOf(), {...PICTURE, values: [0]});
  const said = shows(experimentOf({kind: "settings", knobs: ["b", "r"], seeds: 2, places: 6}), picture);
  assert.match(said, /<room.wall.map metric=test loss way=<room.wall.lower>>$/);
  assert.equal(board.element.querySelectorAll("figure:not([hidden]) .map-cell").length, 6);
  assert.ok(board.chart.figure.hidden);
  assert.ok(!board.element.classList.contains("wall-choosing"));
  shows(experimentOf(), {...PICTURE, values: [0]});
  assert.ok(board.map.figure.hidden && !board.chart.figure.hidden);
});

test("of a step whose run can no longer be, knobs are named as they are", () => {
  const {page, ...room} = roomIn("experiment", {
    experiment: experimentOf({kind: "settings", knobs: ["level"], named: ["b"], seeds: 2}),
  });
  board.draw({...room, picture: {...PICTURE, values: [[0], [1]]}, page: {...page, bids: []}});
  assert.match(seen(board.element), /<room.wall.finals metric=test loss knob=b /);
  const map = experimentOf({kind: "settings", knobs: ["b", "r"], seeds: 2});
  board.draw({...room, experiment: map, picture: {...PICTURE, values: [[0, 1]]}, page: {...page, bids: []}});
  assert.equal(board.element.querySelectorAll("figure:not([hidden])").length, 0);
});

test("two knobs are a map to choose from before it fills", () => {
  shows(bidsOf({knobs: ["b", "r"]}), {});
  assert.equal(board.element.querySelectorAll(".map-empty").length, 6);
  assert.ok(board.element.classList.contains("wall-choosing"));
});

test("the verdict comes with what else is to be told", () => {
  const said = shows(experimentOf({state: "finished"}), {
    ...PICTURE,
    lines: ["Better.", "More."],
    notes: ["One lost."],
  });
  assert.match(said, /Better. More. One lost.$/);
  assert.equal(board.element.querySelector(".room-verdict").textContent, "Better.");
});

test("of several arms each has its color named", () => {
  assert.doesNotMatch(board.element.innerHTML, /room-arm/);
  shows(experimentOf({called: ["baseline", "one", "other"]}));
  assert.deepEqual(
    [...board.element.querySelectorAll(".room-arm")].map((one) => one.textContent),
    ["one", "other"],
  );
});
