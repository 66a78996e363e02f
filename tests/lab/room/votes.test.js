import assert from "node:assert/strict";
import {test} from "node:test";
import {Votes} from "../../../assets/lab/room/votes.js";
import {CHOICE, t} from "../room.js";

const RESULT = {first: [1, 2, 0], second: null, right: {choice: 1}};
const lines = (votes) => [...votes.element.querySelectorAll(".room-bar-line")].map((line) => line.textContent.trim());

test("a question stands above its votes, which are there when there are any", () => {
  const votes = new Votes(t, "somewhere");
  assert.deepEqual([votes.element.className, votes.element.hidden], ["somewhere", true]);
  votes.draw(CHOICE, RESULT);
  assert.ok(!votes.element.hidden && votes.element.textContent.startsWith("Which?"));
  assert.deepEqual(lines(votes), ["1", "2", "0"]);
  votes.draw(CHOICE, null);
  assert.ok(votes.element.hidden);
  votes.draw(CHOICE, RESULT);
  assert.ok(!votes.element.hidden);
});

test("they are drawn anew where a vote, the question or the own answer is another, and only there", () => {
  const votes = new Votes(t, "somewhere");
  const drawn = (...given) => {
    const before = votes.element.firstChild;
    votes.draw(...given);
    return votes.element.firstChild !== before;
  };
  assert.deepEqual(
    [
      drawn(CHOICE, RESULT, 1),
      drawn(CHOICE, {...RESULT}, 1),
      drawn(CHOICE, RESULT, 2),
      drawn(CHOICE, {...RESULT, second: [0, 3, 0]}, 2),
      drawn({...CHOICE, text: "<p>Who?</p>"}, {...RESULT, second: [0, 3, 0]}, 2),
    ],
    [true, false, true, true, true],
  );
  assert.equal(votes.element.querySelectorAll("[data-own]").length, 1);
});
