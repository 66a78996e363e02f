import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {plainWords, WordsBox} from "../../../assets/lab/room/words_box.js";
import {happen} from "../dom.js";
import {t} from "../room.js";
import {visit} from "../server.js";

let said;
let words;

function type(text) {
  words.box.value = text;
  happen(words.box, "input");
}

beforeEach(() => {
  visit();
  said = [];
  words = new WordsBox(t, {label: "Yours", most: 12}, (text) => said.push(text));
  document.body.append(words.element);
});

test("words are one line in which nothing hides or turns it around", () => {
  assert.equal(plainWords("  a\n\n b\u202ec\u2066\u200b\u0000 \u00a0d "), "a bc d");
  assert.equal(plainWords("ab \u202e cd"), "ab cd");
  assert.equal(plainWords("<b>é 王</b>"), "<b>é 王</b>");
});

test("they are taken as they are typed, up to so many, and what is too long is said and not taken", () => {
  type("a sentence");
  type("x".repeat(10_000));
  assert.deepEqual([said, words.trouble.textContent], [["a sentence"], "<alone.long most=12 length=10000>"]);
  type("👩".repeat(12)); // letters, not halves of them
  assert.deepEqual([said.length, words.trouble.textContent], [2, ""]);
});

test("what is kept is shown, but not into what is being typed", () => {
  words.draw("kept");
  assert.equal(words.box.value, "kept");
  words.box.focus();
  words.draw("other");
  assert.equal(words.box.value, "kept");
  words.box.blur();
  type("kept "); // which is the same
  words.draw("kept");
  assert.equal(words.box.value, "kept ");
});
