import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {PairBox} from "../../../assets/lab/room/pair_box.js";
import {CONFIG, seen, t} from "../room.js";
import {pass, tick, visit} from "../server.js";

const TOLD = {here: "/desk/r1?key=k", seconds: 120, ways: [{address: "a", qr: "<svg></svg>"}]};
let asked;
let answer;
let box;
let said;

beforeEach(() => {
  visit();
  asked = [];
  answer = () => ({ok: true, json: async () => TOLD});
  globalThis.fetch = /** @type {any} */ (
    async (address, {method}) => {
      asked.push([method, address]);
      return answer();
    }
  );
  said = [];
  box = new PairBox(CONFIG, t, (message) => said.push(message));
  document.body.append(box.element);
  box.dialog.showModal = () => box.dialog.setAttribute("open", "");
  box.dialog.close = () => box.dialog.removeAttribute("open");
});

const press = async () => {
  box.button.click();
  await pass();
};
const isOpen = () => box.dialog.hasAttribute("open");

test("a QR code is made when it is asked for, and shown for as long as it is good", async () => {
  assert.deepEqual(asked, []);
  await press();
  assert.deepEqual(asked, [["POST", "/lab/rooms/r1/pair"]]);
  assert.ok(isOpen() && box.dialog.querySelector("svg"));
  assert.equal(box.dialog.querySelector("a").getAttribute("href"), "/desk/r1?key=k");
  assert.match(seen(box.body), /<room.pair.about>/);
  tick(119_999);
  assert.ok(isOpen());
  tick(1);
  assert.ok(!isOpen());
});

test("a second press before the first is answered asks for no other, which would make the first worthless", async () => {
  box.button.click();
  await press();
  assert.equal(asked.length, 1);
  assert.ok(isOpen());
  await press();
  assert.equal(asked.length, 2);
});

test("one that was asked for later is shown its whole time", async () => {
  await press();
  tick(100_000);
  box.close.click();
  assert.ok(!isOpen());
  await press();
  tick(119_999);
  assert.ok(isOpen());
  tick(1);
  assert.ok(!isOpen());
});

test("where no phone reaches the lab, the desk opens here alone", async () => {
  answer = () => ({ok: true, json: async () => ({...TOLD, ways: []})});
  await press();
  assert.equal(box.dialog.querySelector("svg"), null);
  assert.match(seen(box.body), /<room.pair.alone>/);
});

test("why there is none is said", async () => {
  answer = () => ({ok: false, status: 400, text: async () => "room must be one of yours"});
  await press();
  assert.equal(box.dialog.querySelector("[role=alert]").textContent, "room must be one of yours");
  answer = () => {
    throw new Error("no network");
  };
  await press();
  assert.equal(box.dialog.querySelector("[role=alert]").textContent, "<room.unreached>");
  assert.ok(isOpen());
});

test("beside it stand the desks that there are, to be ended", () => {
  box.desks.draw({desks: [{desk: "a1", paired_at: 1}]});
  const end = box.dialog.querySelector("[data-action=end-desk]");
  end.click();
  end.click();
  assert.deepEqual(said, [{type: "end_desk", desk: "a1"}]);
});
