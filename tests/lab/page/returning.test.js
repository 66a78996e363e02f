import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {ReturningSocket} from "../../../assets/lab/page/returning.js";
import {happen, sockets, tick, visit} from "../server.js";

// How it comes back is held in `socket.test.js`.

class Plain extends ReturningSocket {
  told = [];

  opened() {
    this.told.push("opened");
  }
  took(data) {
    this.told.push(data);
  }
  dropped(code, reason) {
    this.told.push([code, reason, this.isOver]);
  }
}

const newest = () => sockets.at(-1);

beforeEach(() => visit());

test("whoever extends it is told what came, as it came, and why it was dropped", () => {
  const socket = new Plain("/plain", [4001]);
  newest().accept();
  newest().onmessage({data: "text"});
  newest().drop(1006, "gone");
  assert.deepEqual(socket.told, ["opened", "text", [1006, "gone", false]]);
});

test("each of the final codes is the end, and no other is", () => {
  for (const [code, isOver] of [
    [4001, true],
    [4002, true],
    [4003, false],
  ]) {
    visit();
    const socket = new Plain("/plain", [4001, 4002]);
    newest().accept();
    newest().drop(code);
    assert.deepEqual(socket.told.at(-1), [code, "", isOver]); // it is known by then
    happen("online");
    tick(20_000);
    assert.equal(sockets.length, isOver ? 1 : 2);
  }
});

test("who only sends need not say what comes of the rest", () => {
  const socket = new ReturningSocket("/plain", []);
  newest().accept();
  newest().onmessage({data: "text"});
  assert.ok(socket.send({type: "pause"}));
  newest().drop();
  assert.ok(!socket.send({type: "pause"}));
  assert.deepEqual(newest().messages, [{type: "pause"}]);
});
