import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {KeptLesson} from "../../../assets/lab/room/kept_lesson.js";
import {visit} from "../server.js";

const CONFIG = {lesson: "made", language: "en", digest: "d1", view: ""};
const NOTHING = {at: 0, reached: 0, said: {}, words: {}, sentence: ""};
const TAKEN = {at: 3, reached: 4, said: {0: 1}, words: {2: "up"}, sentence: "So."};

beforeEach(() => void visit());

test("what was done is there again, of that lesson in that language and view", () => {
  new KeptLesson(CONFIG).write(TAKEN);
  assert.deepEqual(new KeptLesson(CONFIG).read(), TAKEN);
  for (const other of [{lesson: "other"}, {language: "zh"}, {view: "present"}])
    assert.deepEqual(new KeptLesson({...CONFIG, ...other}).read(), NOTHING);
});

test("of a lesson that asks something else now nothing was done", () => {
  new KeptLesson(CONFIG).write(TAKEN);
  assert.deepEqual(new KeptLesson({...CONFIG, digest: "d2"}).read(), NOTHING);
});

test("a browser that keeps nothing, or something else, costs a reload alone", () => {
  const key = "trick-lab.lesson.en.made";
  for (const text of ["", "null", "7", "{", "[]"]) {
    localStorage.setItem(key, text);
    assert.deepEqual(new KeptLesson(CONFIG).read(), NOTHING, text);
  }
  globalThis.localStorage = /** @type {any} */ ({
    getItem: () => {
      throw new Error("refused");
    },
    setItem: () => {
      throw new Error("refused");
    },
  });
  const kept = new KeptLesson(CONFIG);
  kept.write(TAKEN);
  assert.deepEqual(kept.read(), NOTHING);
});
