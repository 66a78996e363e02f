import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {happen} from "./dom.js";
import {JoinPage} from "../../assets/lab/join.js"; // which looks for a page at once
import {load} from "./room.js";
import {pass} from "./server.js";

let asked;
let answer;
let gone;
let page;

beforeEach(() => open());

function open(more = {}) {
  load(more, {path: "/join"});
  [asked, gone] = [[], []];
  answer = () => ({ok: true, json: async () => ({address: "/room/token"})});
  globalThis.fetch = /** @type {any} */ (
    async (address, {method, body}) => {
      asked.push([method, address, JSON.parse(body)]);
      return answer();
    }
  );
  page = new JoinPage((address) => gone.push(address));
}

const enter = async (code) => {
  page.box.value = code;
  happen(page.box.form, "submit");
  await pass();
};
const trouble = () => document.querySelector("[role=alert]").textContent;

test("a code that is typed leads into its room", async () => {
  assert.ok(document.activeElement === page.box);
  await enter(" abc 234 ");
  assert.deepEqual(asked, [["POST", "/lab/rooms/join", {code: "abc 234", lang: "en"}]]);
  assert.deepEqual([gone, trouble()], [["/room/token"], ""]);
});

test("nothing is asked without a code", async () => {
  for (const code of ["", "  "]) await enter(code);
  assert.deepEqual([asked, page.button.disabled], [[], false]);
});

test("two taps ask once", async () => {
  page.box.value = "ABC234";
  for (let i = 0; i < 2; i += 1) happen(page.box.form, "submit");
  await pass();
  assert.equal(asked.length, 1);
});

test("of a wrong code it is said why, and it can be typed again", async () => {
  answer = () => ({ok: false, status: 404, text: async () => "There is no open room ABC."});
  await enter("ABC");
  assert.deepEqual([trouble(), gone, page.button.disabled], ["There is no open room ABC.", [], false]);
  assert.deepEqual([page.box.selectionStart, page.box.selectionEnd], [0, 3]);
  let told;
  answer = () => new Promise((resolve) => (told = resolve));
  await enter("ABC234");
  assert.equal(trouble(), ""); // while it is asked
  told({ok: true, json: async () => ({address: "/room/other"})});
  await pass();
  assert.deepEqual(gone, ["/room/other"]);
});

test("where the lab is not reached that is said", async () => {
  answer = () => {
    throw new Error("no network");
  };
  await enter("ABC234");
  assert.deepEqual([trouble(), page.button.disabled], ["<room.unreached>", false]);
});

test("who comes to a room that is no more is told so, where a code can be typed", () => {
  open({said: "There is no such room."});
  assert.equal(trouble(), "There is no such room.");
  assert.ok(page.box.isConnected);
});
