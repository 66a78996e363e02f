import assert from "node:assert/strict";
import {mock, test} from "node:test";
import {Question} from "../../../assets/lab/page/question.js";

test("one question at a time is asked, and then the latest of those that came meanwhile", () => {
  let now = 1;
  const asked = [];
  const question = new Question(() => asked.push(now) > 0);
  question.ask();
  for (now of [2, 3]) question.ask();
  assert.deepEqual(asked, [1]);
  question.answered();
  assert.deepEqual(asked, [1, 3]);
  question.answered();
  question.answered();
  assert.deepEqual(asked, [1, 3]);
  question.stop();
});

test("what cannot be asked is not waited for", () => {
  let open = false;
  let asked = 0;
  const question = new Question(() => {
    asked += 1;
    return open;
  });
  question.ask();
  open = true;
  question.ask();
  assert.equal(asked, 2);
  question.stop();
  question.ask();
  assert.equal(asked, 3);
  question.stop();
});

test("an answer that does not come is not waited for longer than two seconds", () => {
  mock.timers.enable({apis: ["setTimeout"]});
  let asked = 0;
  const question = new Question(() => {
    asked += 1;
    return true;
  });
  question.ask();
  question.ask();
  mock.timers.tick(1999);
  assert.equal(asked, 1);
  mock.timers.tick(1);
  assert.equal(asked, 2);
  question.stop();
  mock.timers.tick(5000);
  assert.equal(asked, 2);
  mock.timers.reset();
});
