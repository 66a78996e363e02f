import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {RoomSocket} from "../../../assets/lab/room/room_socket.js";
import {sockets, tick, visit} from "../server.js";

let told;
let socket;
const newest = () => sockets.at(-1);

beforeEach(() => {
  visit("https://lab.test/room/r1");
  told = [];
  socket = new RoomSocket(
    "/lab/room",
    {role: "student", room: "r1", secret: "s"},
    {told: (message) => told.push(message), dropped: (...how) => told.push(how)},
  );
});

test("whoever connects says first who comes into which room, each time", () => {
  const entry = {type: "enter", role: "student", room: "r1", secret: "s"};
  assert.equal(newest().url, "wss://lab.test/lab/room");
  newest().accept();
  newest().drop();
  tick(1000);
  newest().accept();
  assert.equal(sockets.length, 2);
  assert.deepEqual(
    sockets.map(({messages}) => messages),
    [[entry], [entry]],
  );
});

test("what the room says is told as it is", () => {
  newest().accept();
  newest().say({type: "taken", vote: 1, value: 0.5});
  assert.deepEqual(told, [{type: "taken", vote: 1, value: 0.5}]);
});

test("it comes back after every end but two: sent away, and not let in", () => {
  for (const [code, isFinal] of [
    [1006, false],
    [1012, false],
    [4400, false],
    [4403, true],
    [4410, true],
  ]) {
    visit();
    told = [];
    socket = new RoomSocket("/lab/room", {}, {told: () => {}, dropped: (...how) => told.push(how)});
    newest().accept();
    newest().drop(code, "why");
    tick(10_000);
    assert.deepEqual([told, sockets.length], [[[isFinal, "why"]], isFinal ? 1 : 2], `${code}`);
    assert.equal(socket.isOver, isFinal);
  }
});
