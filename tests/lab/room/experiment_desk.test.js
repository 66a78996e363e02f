import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {ExperimentDesk} from "../../../assets/lab/room/experiment_desk.js";
import {happen} from "../dom.js";
import {roomIn, seen, t} from "../room.js";
import {visit} from "../server.js";
import {bidsOf, experimentOf, LEVEL} from "./experiments.js";

const OFFER = {
  seeds: {places: 8, own: 4, runs: 8, seconds: 30},
  settings: {places: 5, runs: 40, seconds: null},
};
let said;
let desk;
const draw = (experiment, more = {}) => {
  const {page, ...room} = roomIn("run", {step: 2, ...more});
  desk.draw({...room, offer: OFFER, experiment, page: {...page, bid: LEVEL, bids: [LEVEL]}, ...more});
};
const press = (action) => desk.element.querySelector(`[data-action=${action}]`).click();
const offered = () =>
  [...desk.element.querySelectorAll("button")]
    .filter((one) => !one.closest("[hidden]"))
    .map((one) => one.dataset.action);

beforeEach(() => {
  visit();
  said = [];
  desk = new ExperimentDesk(t, (message) => said.push(message));
});

test("it is there where an experiment may begin, or is", () => {
  draw(null, {offer: {}});
  assert.ok(desk.element.hidden);
  draw(experimentOf(), {offer: {}});
  assert.ok(!desk.element.hidden);
  draw(null);
  assert.ok(!desk.element.hidden);
  draw(null, {closed: true});
  assert.ok(desk.element.hidden);
});

test("what may begin says what it comes to, and begins at the step at which the room stands", () => {
  draw(null);
  const told = seen(desk.element);
  assert.match(told, /<room.experiment.seeds.about joined=4 places=8> <room.experiment.own own=4> /);
  assert.match(told, /<room.experiment.cost.time runs=8 time=<lab.time.seconds seconds=30>>/);
  assert.match(told, /<room.experiment.settings.about knob=level b> <room.experiment.cost runs=40>$/);
  press("seeds");
  press("collect");
  assert.deepEqual(said, [
    {type: "begin", step: 2, what: "seeds"},
    {type: "collect", step: 2},
  ]);
  draw(null, {offer: {seeds: {...OFFER.seeds, own: 0}}});
  assert.deepEqual(offered(), ["seeds"]);
  assert.doesNotMatch(seen(desk.element), /own|settings/);
});

test("a second knob makes a map, said before it is asked for", () => {
  const maps = [
    {name: "r", label: "rate", symbol: "r", places: 25, runs: 50, seconds: 20},
    {name: "q", label: "noise", symbol: "q", places: 30, runs: 60, seconds: null},
  ];
  draw(null, {offer: {...OFFER, maps}});
  assert.ok(!desk.seconds.hidden);
  const named = () => [...desk.second.querySelectorAll("option")].map((one) => one.textContent);
  assert.deepEqual(named(), ["<room.experiment.second.none>", "rate r", "noise q"]);
  const [first] = desk.second.querySelectorAll("option");
  desk.second.value = "r";
  happen(desk.second, "change");
  draw(null, {offer: {...OFFER, maps}});
  assert.equal(desk.second.querySelector("option"), first);
  const about = /<room.experiment.settings.map knob=<room.knobs one=level b other=rate r> places=25>/;
  assert.match(seen(desk.element), about);
  assert.match(seen(desk.element), /<room.experiment.cost.time runs=50 time=<lab.time.seconds seconds=20>>$/);
  press("collect");
  desk.second.value = "";
  happen(desk.second, "change");
  assert.match(seen(desk.element), /<room.experiment.settings.about knob=level b> <room.experiment.cost runs=40>$/);
  press("collect");
  assert.deepEqual(said, [
    {type: "collect", step: 2, second: "r"},
    {type: "collect", step: 2},
  ]);
  draw(null, {offer: {...OFFER, maps: maps.slice(1)}});
  assert.deepEqual(named().slice(1), ["noise q"]);
  draw(null);
  assert.ok(desk.seconds.hidden);
});

test("while choices are taken it says how many there are, and begins with them or gives up", () => {
  draw(bidsOf({given: 3, step: 2}));
  assert.match(
    seen(desk.element),
    /<room.experiment.given given=3 joined=4 knob=level b> <room.experiment.cost runs=40>/,
  );
  assert.deepEqual(offered(), ["settings", "cancel"]);
  press("settings");
  press("cancel");
  assert.deepEqual(said, [{type: "begin", step: 2, what: "settings"}, {type: "cancel"}]);
  draw(bidsOf({step: 0}));
  assert.deepEqual(offered(), ["cancel"]); // it belongs to a step that was left
  draw(bidsOf({step: 0, given: 3, knobs: ["level", "rate"], named: ["b", "η"]}));
  assert.match(seen(desk.element), /<room.experiment.given given=3 joined=4 knob=b, η>/);
  assert.doesNotMatch(seen(desk.element), /cost/);
});

test("what goes on can be canceled, what was interrupted gone on with or left", () => {
  draw(experimentOf());
  assert.deepEqual(offered(), ["cancel"]);
  draw(experimentOf({state: "interrupted"}));
  assert.deepEqual(offered(), ["resume", "seeds", "collect"]);
  press("resume");
  assert.deepEqual(said, [{type: "resume"}]);
  draw(experimentOf({state: "finished", step: 2, verdict: "Better."}));
  assert.deepEqual(offered(), ["seeds", "collect"]);
  assert.match(seen(desk.element), /<room.experiment.state.finished total=8> Better./);
  assert.match(desk.link.getAttribute("href"), /study=s1$/);
  draw(experimentOf({state: "finished", step: 0}));
  assert.ok(desk.link.hidden); // the page's address is of another step
});
