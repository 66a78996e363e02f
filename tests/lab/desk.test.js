import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {happen} from "./dom.js";
import {DeskPage} from "../../assets/lab/desk.js"; // which looks for a page at once
import {CHOICE, load, NUMBER, roomIn, seen, socketTo, voteOf} from "./room.js";
import {pass, sockets, tick} from "./server.js";

const PERSON = {number: 7, alias: "Red Fox", here: true, said: false};
const main = () => document.querySelector("main");
const room = () => socketTo("/lab/room");
const taken = () =>
  room()
    .taken()
    .filter(({type}) => type !== "enter"); // prettier-ignore
const text = (part) => seen(main().querySelector(part));
const notice = () => text(".room-notice");
const offers = () => [...main().querySelectorAll("[data-offer]")].map(({dataset}) => dataset.offer);
let asked;
let answer;

/** The room as the desk has it. */
function deskIn(phase, more = {}) {
  return roomIn(phase, {
    code: "ABC234",
    locked: false,
    settings: {names: false, low: 0.35, high: 0.7},
    people: [PERSON],
    tally: {first: null, second: null},
    offer: {},
    experiment: null,
    asked: CHOICE,
    right: {choice: 1},
    share: null,
    advice: "",
    explain: "<p>So it is.</p>",
    misread: "",
    minutes: 5,
    ...more,
  });
}
const say = (phase, more) => room().say(deskIn(phase, more));

async function begin(path = "/desk/r1") {
  const visited = load({}, {path});
  asked = [];
  answer = () => ({ok: true, text: async () => ""});
  globalThis.fetch = /** @type {any} */ (
    async (address, {method, body}) => {
      asked.push([method, address, body && JSON.parse(body)]);
      return answer();
    }
  );
  new DeskPage();
  await pass();
  room()?.accept();
  return visited;
}

beforeEach(() => begin());

test("a device that is a desk comes in as one", () => {
  assert.deepEqual([asked, room().messages], [[], [{type: "enter", role: "desk", room: "r1"}]]);
});

test("one that comes with a key is made a desk first, once, and the address forgets the key", async () => {
  const {location, written} = await begin("/desk/r1?key=k1");
  assert.deepEqual(asked, [["POST", "/lab/rooms/desk", {key: "k1", lang: "en"}]]);
  assert.deepEqual([location.href, written], ["http://lab.test/desk/r1", [""]]);
  assert.deepEqual(room().messages, [{type: "enter", role: "desk", room: "r1"}]);
  room().drop();
  await pass(1000);
  room().accept();
  assert.deepEqual([asked.length, sockets.length], [1, 2]);
});

test("a key that is used or too old is said to be, and the room asked whether it was of this device", async () => {
  load({}, {path: "/desk/r1?key=k1"});
  answer = () => ({ok: false, status: 404, text: async () => "This desk code is used."});
  new DeskPage();
  await pass();
  assert.deepEqual([notice(), sockets.length, location.search], ["This desk code is used.", 1, ""]);
  main().querySelector("[data-action=next]").click();
  main().querySelector("[data-action=close]").click();
  answer = () => {
    throw new Error("no network");
  };
  load({}, {path: "/desk/r1?key=k1"});
  new DeskPage();
  await pass();
  assert.deepEqual([notice(), location.search], ["<room.unreached>", "?key=k1"]); // a reload may do better
});

test("it says where the room stands, and who is in it", () => {
  say("run");
  assert.equal(
    text("header"),
    "<room.desk.place step=1 of=3 phase=<room.phase.run> minutes=5> First step <room.desk.status code=ABC 234 here=3 joined=4>",
  );
  assert.equal(text("[data-person='7'] bdi"), "Red Fox");
  say("end");
  assert.equal(text("h1"), "Lesson");
});

test("the one large button does what comes next, by what the votes advise", () => {
  const next = () => main().querySelector("[data-action=next]");
  const press = () => {
    next().click();
    return [next().textContent, taken()[0]];
  };
  say("lobby");
  assert.deepEqual(press(), ["<room.next.ask>", {type: "ask", step: 0, again: false}]);
  say("predict", {vote: voteOf(1, 10)});
  assert.deepEqual(press(), ["<room.next.end_vote>", {type: "end_vote"}]);
  say("explain", {advice: "again", vote: voteOf(1, 0)});
  assert.deepEqual(press(), ["<room.next.again>", {type: "ask", step: 0, again: true}]);
  say("explain", {advice: "on", vote: voteOf(1, 0)});
  assert.deepEqual(press(), ["<room.next.result>", {type: "go", step: 0, phase: "result"}]);
  say("end");
  assert.ok(next().hidden);
});

test("what else may be done is there as well", () => {
  say("run", {vote: voteOf(1, 0)});
  assert.deepEqual(offers(), ["room.back", "room.next.again", "room.next.result", "room.next.step"]);
  main().querySelector("[data-offer='room.next.result']").click();
  assert.deepEqual(taken(), [{type: "go", step: 0, phase: "result"}]);
  const button = main().querySelector("[data-offer='room.back']");
  say("run", {vote: voteOf(1, 0), here: 1});
  assert.ok(button.isConnected);
  say("end", {closed: true});
  assert.deepEqual(offers(), []);
});

test("while a vote is open it says how it goes, then how many are right and what to do", () => {
  say("predict", {vote: voteOf(1, 2, {said: 2})});
  assert.equal(text(".desk-advice"), "<room.desk.voting said=2 here=3 seconds=2>");
  tick(1000);
  assert.equal(text(".desk-advice"), "<room.desk.voting said=2 here=3 seconds=1>");
  tick(1000);
  assert.equal(text(".desk-advice"), "");
  for (const advice of ["again", "explain", "on"]) {
    say("predict", {vote: voteOf(1, 0), share: 0.5, advice});
    assert.equal(text(".desk-advice"), `<room.desk.share percent=50> <room.advice.${advice}>`);
  }
  say("predict", {vote: voteOf(1, 0), share: 0});
  assert.equal(text(".desk-advice"), "<room.desk.share percent=0>");
});

test("votes are seen as they come, with what is right, once there are any", () => {
  const result = () => text(".desk-result");
  say("predict");
  assert.equal(result(), "");
  say("predict", {vote: voteOf(1), tally: {first: [0, 2, 1], second: null}});
  assert.equal(result(), "Which? A 0 B ✓ 2 C 1");
  say("run", {asked: {...NUMBER, high: 10}, right: {answer: 3, tolerance: 1}, tally: {first: [3, 3], second: null}});
  assert.match(result(), /low=2 high=4 unit=%> ✓ 2/);
  say("run", {asked: null, right: null, asks: ""});
  assert.equal(result(), "");
});

test("the explanation can be read beforehand", () => {
  say("lobby");
  assert.equal(seen(main().querySelector(".desk-text")), "<room.desk.text> So it is.");
});

test("what was just set stays while the clock runs, and what was refused is as it was", () => {
  say("lobby");
  const names = main().querySelector("[data-set=names]");
  names.checked = true;
  happen(names, "change");
  assert.deepEqual(taken(), [{type: "set", names: true}]);
  tick(2000);
  assert.ok(names.checked);
  room().say({type: "refused", about: "set", why: "said", message: "Low must be below high."});
  assert.deepEqual([names.checked, notice()], [false, "Low must be below high."]);
});

test("who is there may be given the wheel, or sent away", () => {
  say("run");
  main().querySelector("[data-person='7'] [data-action=give]").click();
  for (let taps = 0; taps < 2; taps += 1) {
    main().querySelector("[data-person='7'] [data-action=kick]").click();
  }
  assert.deepEqual(taken(), [
    {type: "give", who: 7},
    {type: "kick", who: 7},
  ]);
});

test("what is the matter is said: not written, lost, closed, gone", () => {
  say("run", {trouble: "the disk is full"});
  assert.equal(notice(), "<room.desk.trouble why=the disk is full>");
  say("run");
  assert.equal(notice(), "");
  room().drop();
  assert.equal(notice(), "<room.lost>");
  tick(1000);
  room().accept();
  say("run", {closed: true, code: null});
  assert.equal(notice(), "<room.over.closed>");
  assert.match(text(".desk-status"), /code= here=3/);
  room().drop(4410, "there is no such room");
  assert.equal(notice(), "<room.over.gone>");
});

test("a room that is deleted is said to be", async () => {
  const remove = async () => {
    for (let taps = 0; taps < 2; taps += 1) {
      main().querySelector("[data-action=delete]").click();
      await pass(500);
    }
  };
  await remove();
  assert.deepEqual([asked, notice()], [[["DELETE", "/lab/rooms/r1", undefined]], "<room.desk.deleted>"]);
  answer = () => ({ok: false, status: 400, text: async () => "room must be one of yours"});
  await remove();
  assert.equal(notice(), "room must be one of yours");
});

test("desks are ended from here, and what came of the room is one press away", () => {
  say("run", {desks: [{desk: "a1", paired_at: 1}]});
  const end = main().querySelector("[data-desk=a1] button");
  end.click();
  end.click();
  assert.deepEqual(taken(), [{type: "end_desk", desk: "a1"}]);
  assert.ok(main().querySelector("a[href='/report/r1']"));
  room().drop(4403, "ended");
  assert.equal(notice(), "<room.over.ended>");
});

test("an experiment is begun from here", () => {
  say("run", {offer: {seeds: {places: 8, own: 0, runs: 8, seconds: 30}}});
  main().querySelector("[data-action=seeds]").click();
  assert.deepEqual(taken().at(-1), {type: "begin", step: 0, what: "seeds"});
});
