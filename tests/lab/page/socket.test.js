import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {LiveSocket} from "../../../assets/lab/page/socket.js";
import {happen, hide, sockets, tick, visit} from "../server.js";

let told = []; // what the page was told
const on = {
  opened: () => told.push("opened"),
  heard: (turns) => told.push(["heard", turns]),
  frame: (header, arrays) => told.push(["frame", header.type, arrays.map(({values}) => [...values])]),
  dropped: (reason) => told.push(["dropped", reason]),
};
const newest = () => sockets.at(-1);
let live;

beforeEach(() => {
  visit("/trick");
  told = [];
  Math.random = () => 0.5; // a delay is neither longer nor shorter
  live = new LiveSocket("/live?v=1", 4001, on);
});

/** How long it takes until the next socket. */
function delay() {
  const before = sockets.length;
  for (let ms = 1; ms <= 10_000; ms += 1) {
    tick(1);
    if (sockets.length > before) return ms;
  }
  return null;
}

test("it connects to the page's own host, as safely as the page came", () => {
  assert.deepEqual([newest().url, newest().binaryType], ["ws://lab.test/live?v=1", "arraybuffer"]);
  visit("https://lab.test/trick");
  new LiveSocket("live", 4001, on);
  assert.equal(newest().url, "wss://lab.test/live");
});

test("a message goes out on an open connection, and on no other", () => {
  assert.deepEqual([live.open, live.isOver, live.send({type: "pause"})], [false, false, false]);
  newest().accept();
  assert.deepEqual([live.open, live.send({type: "pause"})], [true, true]);
  newest().drop();
  assert.deepEqual([live.open, live.send({type: "resume"})], [false, false]);
  assert.deepEqual([sockets[0].messages, told], [[{type: "pause"}], ["opened", ["dropped", ""]]]);
});

test("what the server says is told, and each frame acknowledged", () => {
  newest().accept();
  newest().hear(3);
  assert.deepEqual(newest().messages, []);
  newest().tell({type: "rows"}, [{name: "a", values: [1, 2]}]);
  assert.deepEqual(told.slice(1), [
    ["heard", 3],
    ["frame", "rows", [[1, 2]]],
  ]);
  assert.deepEqual(newest().messages, [{type: "ack"}]);
});

test("a page that nobody sees asks for a frame a second", () => {
  newest().accept();
  hide(true);
  newest().tell({type: "rows"});
  tick(999);
  assert.deepEqual(newest().messages, []);
  tick(1);
  assert.deepEqual(newest().messages, [{type: "ack"}]);
});

test("it comes back by itself, each time after a longer wait, until it has been open again", () => {
  const waits = [];
  for (let i = 0; i < 9; i += 1) {
    newest().drop(1006, "full");
    waits.push(delay());
  }
  assert.deepEqual(waits, [300, 510, 867, 1474, 2506, 4260, 7242, 8000, 8000]);
  assert.deepEqual(told[0], ["dropped", "full"]);
  newest().accept();
  newest().drop();
  assert.equal(delay(), 300);
});

test("not all pages come back at the same moment", () => {
  const waits = [];
  for (const random of [0, 0.75]) {
    newest().accept();
    Math.random = () => random;
    newest().drop();
    waits.push(delay());
  }
  assert.deepEqual(waits, [240, 330]);
});

test("when the network is back it does not wait", () => {
  newest().drop();
  happen("online");
  assert.equal(sockets.length, 2);
  newest().accept();
  happen("online");
  assert.equal(delay(), null);
  assert.equal(sockets.length, 2);
});

test("of a connection that another took the place of nothing more is heard", () => {
  happen("online"); // the first is still on its way
  assert.deepEqual([sockets.length, sockets[0].readyState], [2, 3]);
  sockets[0].accept();
  sockets[0].hear(1);
  sockets[0].drop();
  assert.deepEqual(told, []);
});

test("a server of another version is not asked again", () => {
  newest().accept();
  newest().drop(4001, "load the page anew");
  happen("online");
  assert.equal(delay(), null);
  assert.deepEqual([live.isOver, sockets.length], [true, 1]);
  assert.deepEqual(told, ["opened", ["dropped", "load the page anew"]]);
});

test("a server that is started anew says so, until there is one again", () => {
  newest().accept();
  newest().drop(1012);
  assert.deepEqual([live.isRestarting, live.isOver, delay() !== null], [true, false, true]);
  newest().drop();
  assert.equal(live.isRestarting, false);
});

test("closed, it says nothing and does not come back", () => {
  newest().drop();
  assert.equal(live.isOver, false);
  live.close();
  happen("online");
  assert.equal(delay(), null);
  const other = new LiveSocket("/live", 4001, on);
  newest().accept();
  const {onclose} = newest();
  other.close();
  onclose({code: 1006, reason: ""}); // on its way already
  assert.deepEqual([newest().readyState, newest().onclose, told], [3, null, [["dropped", ""], "opened"]]);
  assert.equal(delay(), null);
});
