import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {ExperimentPart} from "../../../assets/lab/room/experiment_part.js";
import {sized} from "../dom.js";
import {roomIn, seen, t} from "../room.js";
import {visit} from "../server.js";
import {bidsOf, experimentOf, LEVEL, triedOf} from "./experiments.js";

let bids;
let part;
const state = (experiment, phase = "experiment") => {
  const {page, ...room} = roomIn(phase, {experiment});
  return {...room, page: {...page, bids: [LEVEL]}};
};
const shows = (experiment) => {
  part.draw(state(experiment));
  return seen(part.element);
};

beforeEach(() => {
  visit();
  bids = [];
  part = new ExperimentPart(t, (...bid) => bids.push(bid));
  document.body.append(part.element);
  sized(part.element, 300, 300);
});

test("it is there while the room shows an experiment", () => {
  part.draw(state(experimentOf(), "run"));
  assert.ok(part.element.hidden);
  part.draw(state(undefined));
  assert.ok(part.element.hidden);
  part.draw(state(experimentOf()));
  assert.ok(!part.element.hidden);
});

test("while choices are taken there is a knob, and what was chosen", () => {
  part.know({number: 1, bid: [0.25], place: null, value: null});
  assert.match(shows(bidsOf()), /room.part.chosen setting=level b = 0.25/);
  part.element.querySelector("[data-action=bid]").click();
  assert.deepEqual(bids, [[1, [0.25]]]);
  assert.match(shows(bidsOf({number: 2})), /<room.part.say>$/); // of another one nothing is known
});

test("a place in the order, then the race, then what came of it and of the class", () => {
  part.know({number: 1, bid: null, place: 6, value: 6});
  const mine = (more) => shows(experimentOf(more));
  assert.equal(mine(), "<room.part.seed value=6> <room.part.before count=2>");
  assert.equal(mine({begun: 5}), "<room.part.seed value=6> <room.part.before.one>");
  assert.equal(mine({begun: 6}), "<room.part.seed value=6> <room.part.next>");
  assert.equal(mine({begun: 7, active: [6]}), "<room.part.seed value=6> <room.part.active>");
  part.take(triedOf({place: 6, value: 6}));
  assert.match(mine({begun: 8}), /<room.experiment.state.running .*<room.part.finals metric=test loss> baseline 0.5/);
  const done = {state: "finished", done: 8, verdict: "Better."};
  assert.match(mine(done), /baseline 0.5 trick 0.25 loss .*<room.part.verdict verdict=Better.>$/);
  assert.equal(part.element.querySelectorAll(".room-curve").length, 2);
  assert.equal(part.element.querySelectorAll("path[stroke-dasharray]").length, 1);
});

test("a setting is named with its knob, and its one arm drawn as no baseline is", () => {
  part.know({number: 1, bid: [0.25], place: 3, value: [0.25]});
  part.take(triedOf({called: ["trick"], curves: [{arm: 0, name: "loss", steps: [1, 2], values: [1, 0.5]}]}));
  assert.match(shows(experimentOf({kind: "settings", seeds: 2})), /^<room.part.setting setting=level b = 0.25>/);
  assert.equal(part.element.querySelectorAll(".room-curve").length, 1);
  assert.equal(part.element.querySelectorAll("path[stroke-dasharray]").length, 0);
});

test("what came of another place, or another experiment, is not shown", () => {
  part.know({number: 1, bid: null, place: 6, value: 6});
  for (const told of [triedOf({place: 5}), triedOf({experiment: 2, place: 6})]) {
    part.take(told);
    assert.doesNotMatch(shows(experimentOf({begun: 8})), /finals/);
  }
});

test("a run that could not be made is said, and who has no place sees how far it is", () => {
  part.know({number: 1, bid: null, place: 6, value: 6});
  part.take(triedOf({place: 6, finals: [{metric: "test loss", values: []}], curves: []}));
  assert.match(shows(experimentOf({begun: 8})), /<room.part.none>/);
  part.know(null);
  assert.match(shows(experimentOf()), /^<room.experiment.state.running/);
});

test("what is drawn is drawn once", () => {
  part.know({number: 1, bid: null, place: 3, value: 3});
  part.take(triedOf());
  shows(experimentOf());
  const curve = part.element.querySelector(".room-curve");
  shows(experimentOf({done: 3}));
  assert.equal(part.element.querySelector(".room-curve"), curve);
});
