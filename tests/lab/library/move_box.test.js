import assert from "node:assert/strict";
import {test} from "node:test";
import {MoveBox} from "../../../assets/lab/library/move_box.js";
import {press} from "../dom.js";
import {t} from "../lab.js";
import {pass, visit} from "../server.js";

/** A box on the page, whose server a test plays: what it answers next. */
function boxOf() {
  visit("/library");
  const server = {asked: [], answer: /** @type {any} */ ({})};
  globalThis.fetch = /** @type {any} */ (
    async (address, {method, body}) => {
      server.asked.push([method, address, JSON.parse(body)]);
      const {answer} = server;
      if (typeof answer === "string") return {status: 400, ok: false, text: async () => answer};
      return {status: 200, ok: true, json: async () => answer};
    }
  );
  let come = 0;
  const box = new MoveBox(t, /** @type {any} */ ({move: "/move", language: "en"}), () => {
    come += 1;
  });
  document.body.append(box.element);
  const click = async (action) => {
    /** @type {any} */ (box.element.querySelector(`[data-action=${action}]`)).click();
    await pass();
  };
  return {box, server, click, come: () => come};
}

test("a code is shown on request, and is gone when the box is opened again", async () => {
  const {box, server, click} = boxOf();
  box.open();
  assert.deepEqual([box.element.open, box.code.textContent, box.given.hidden], [true, "", true]);
  server.answer = {code: "ABCD-EFGH-JKMN"};
  await click("give");
  assert.deepEqual([box.code.textContent, box.given.hidden], ["ABCD-EFGH-JKMN", false]);
  assert.deepEqual(server.asked, [["POST", "/move?lang=en", {}]]);
  server.answer = "Nothing to move.";
  await click("give");
  assert.deepEqual([box.code.textContent, box.given.hidden, box.line.textContent], ["", true, "Nothing to move."]);
  await click("close");
  box.open();
  assert.equal(box.line.textContent, "");
});

test("a code that is typed brings what it stands for, and a wrong one stays to be mended", async () => {
  const {box, server, click, come} = boxOf();
  box.open();
  box.typed.value = "abcd efgh jkmm";
  server.answer = "Wrong.";
  press(box.typed, "Enter");
  await pass();
  assert.deepEqual([box.line.textContent, box.typed.value, come()], ["Wrong.", "abcd efgh jkmm", 0]);
  server.answer = {moved: 1600};
  await click("take");
  assert.deepEqual(server.asked[1][2], {code: "abcd efgh jkmm"});
  assert.deepEqual([box.line.textContent, box.typed.value, come()], ["library.move.done 1,600", "", 1]);
  server.answer = {moved: 1};
  await click("take");
  assert.equal(box.line.textContent, "library.move.done.one 1");
  press(box.typed, "x");
  assert.equal(server.asked.length, 3);
  globalThis.fetch = async () => {
    throw new TypeError("no network");
  };
  await click("take");
  assert.equal(box.line.textContent, "library.unreached");
});

test("what is pressed while an answer is awaited asks nothing more", async () => {
  const {box, server, click, come} = boxOf();
  box.open();
  for (const [action, answer] of /** @type {const} */ ([
    ["give", {code: "ABCD-EFGH-JKMN"}],
    ["take", {moved: 2}],
  ])) {
    server.answer = answer;
    await Promise.all([click(action), click(action)]);
  }
  assert.deepEqual([server.asked.length, box.code.textContent, come()], [2, "ABCD-EFGH-JKMN", 1]);
  assert.equal(box.line.textContent, "library.move.done 2");
});
