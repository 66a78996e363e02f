import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {OwnRooms} from "../../../assets/lab/room/own_rooms.js";
import {t} from "../room.js";
import {visit} from "../server.js";

const ROOM = {title: "A lesson", opened_at: 1, closed_at: null, people: 3, wall: "/wall/r1", report: "/report/r1"};
let rooms;

async function listed(answer) {
  globalThis.fetch = /** @type {any} */ (async () => answer());
  await rooms.load();
  return [...rooms.list.children].map((row) => [...row.querySelectorAll("a")].map((link) => link.getAttribute("href")));
}
const told = (found) => () => ({ok: true, status: 200, json: async () => ({rooms: found})});

beforeEach(() => {
  visit();
  rooms = new OwnRooms({rooms: "/lab/rooms", language: "en"}, t);
});

test("open rooms lead to their wall, all to what came of them", async () => {
  assert.ok(rooms.element.hidden);
  const past = {...ROOM, closed_at: 9, people: 1, title: "<b>x</b>", report: "/report/r2"};
  assert.deepEqual(await listed(told([ROOM, past])), [["/wall/r1", "/report/r1"], ["/report/r2"]]);
  assert.ok(!rooms.element.hidden && rooms.element.textContent.includes("<b>x</b>"));
  assert.match(rooms.list.children[1].textContent, /lessons.rooms.about.one/);
});

test("without rooms, and where nobody answers, there is nothing", async () => {
  await listed(told([ROOM]));
  assert.deepEqual([await listed(told([])), rooms.element.hidden], [[], true]);
  await listed(told([ROOM]));
  await listed(() => {
    throw new Error("offline");
  });
  assert.ok(rooms.element.hidden);
});
