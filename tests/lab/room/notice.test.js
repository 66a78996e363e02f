import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {Notice} from "../../../assets/lab/room/notice.js";
import {seen, t} from "../room.js";
import {tick, visit} from "../server.js";

let notice;
const said = () => seen(notice.element);

beforeEach(() => {
  visit();
  notice = new Notice(t);
});

test("it says what stands, and is not there where nothing does", () => {
  assert.ok(notice.element.hidden);
  notice.say("closed");
  assert.equal(said(), "closed");
  notice.say("");
  assert.ok(notice.element.hidden);
});

test("a refusal is said in the page's words, else in the server's", () => {
  notice.refuse({why: "vote_closed", message: "an answer must come while its vote is open"});
  assert.equal(said(), "<room.refused.vote_closed>");
  notice.refuse({why: "said", message: "b must be between 0 and 1, not 3."});
  assert.equal(said(), "b must be between 0 and 1, not 3.");
});

test("a refusal can be read while the room goes on saying that nothing is the matter", () => {
  notice.refuse({why: "range", message: ""});
  for (let i = 0; i < 11; i += 1) {
    tick(500);
    notice.say("");
    assert.equal(said(), "<room.refused.range>");
  }
  tick(500);
  assert.equal(said(), "");
});

test("a second refusal is read as long as the first", () => {
  notice.refuse({why: "range", message: ""});
  tick(5000);
  notice.refuse({why: "no_run", message: ""});
  tick(5999);
  assert.equal(said(), "<room.refused.no_run>");
  tick(1);
  assert.equal(said(), "");
});

test("after a refusal stands what stood, and what is new comes before it", () => {
  notice.say("closed");
  notice.refuse({why: "range", message: ""});
  notice.say("closed");
  assert.equal(said(), "<room.refused.range>");
  tick(6000);
  assert.equal(said(), "closed");
  notice.refuse({why: "range", message: ""});
  notice.say(""); // what stood is over
  assert.equal(said(), "<room.refused.range>");
  notice.say("lost");
  assert.equal(said(), "lost");
  tick(6000);
  assert.equal(said(), "lost");
});

test("a connection is lost for a while, or for good, and then it is said why", () => {
  notice.lose(false, "full");
  assert.equal(said(), "<room.lost>");
  for (const reason of ["kicked", "full", "locked", "closed"]) {
    notice.lose(true, reason);
    assert.equal(said(), `<room.over.${reason}>`);
  }
  for (const reason of ["", "there is no such room", "constructor"]) {
    notice.say("");
    notice.lose(true, reason);
    assert.equal(said(), "<room.over.gone>");
  }
});
