import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {JoinCard} from "../../../assets/lab/room/join_card.js";
import {happen} from "../dom.js";
import {seen, t} from "../room.js";
import {visit} from "../server.js";

const WAYS = [
  {typed: "10.0.0.2:8501/join", qr: "<svg id='first'></svg>"},
  {typed: "lab.test/join", qr: "<svg id='second'></svg>"},
];
const STATE = {code: "ABC234", joined: 3, locked: false};

beforeEach(() => visit());

test("one way in: what is typed, the code three and three, and a QR code", () => {
  const card = new JoinCard(WAYS.slice(0, 1), t);
  card.draw(STATE);
  assert.equal(seen(card.element), "<room.wall.typed address=10.0.0.2:8501/join> ABC 234 <room.joined count=3>");
  assert.ok(card.qr.querySelector("#first"));
  card.draw({...STATE, joined: 1});
  assert.equal(card.joined.textContent, "<room.joined.one>");
});

test("of several addresses the teacher chooses", () => {
  const card = new JoinCard(WAYS, t);
  assert.ok(!card.choice.hidden);
  card.choice.value = "1";
  happen(card.choice, "change");
  assert.equal(card.typed.textContent, "<room.wall.typed address=lab.test/join>");
  assert.deepEqual([card.qr.querySelector("#first"), Boolean(card.qr.querySelector("#second"))], [null, true]);
});

test("where only this computer can join that is said, and no QR code leads a phone to itself", () => {
  const card = new JoinCard([], t);
  card.draw(STATE);
  assert.deepEqual([card.qr.hidden, card.choice.hidden, card.alone.hidden], [true, true, false]);
  assert.match(seen(card.element), /<room.wall.alone>/);
});

test("a locked room says so, a closed one has no code", () => {
  const card = new JoinCard(WAYS, t);
  assert.ok(card.alone.hidden);
  card.draw({code: null, joined: 2, locked: true});
  assert.deepEqual([card.code.textContent, card.joined.textContent], ["", "<room.joined count=2> <room.wall.locked>"]);
});
