import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {happen as happenTo} from "./dom.js";
import {AlonePage} from "../../assets/lab/alone.js"; // which looks for a page at once
import {CHOICE, load, OPEN, seen} from "./room.js";
import {happen, pass} from "./server.js";

const STEP = {
  heading: "First",
  question: CHOICE,
  address: "/trick?seed=0",
  present: "/trick?view=present",
  small: "/trick?embed=true",
};
const LESSON = {
  lesson: "made",
  title: "A lesson",
  aim: "To see.",
  minutes: 20,
  digest: "d1",
  lessons: "/lab/lessons",
  view: "",
  steps: [STEP, {...STEP, heading: "Second", question: OPEN}],
};
const TOLD = {explain: "<p>So it is.</p>", misread: "<p>So not.</p>", right: {choice: 1}, is_right: false};
const {explain, misread} = TOLD; // all that is told where nobody votes
const main = () => document.querySelector("main");
const text = (part) => seen(main().querySelector(part));
const body = () => text(".wall-body");
const frame = () => main().querySelector("iframe");
const button = (action) => main().querySelector(`[data-action=${action}]`);
let asked;
let answer;

async function begin(more = {}, how = {}) {
  document.body.className = "room room-alone";
  const visited = load({...LESSON, ...more}, {path: "/lesson/made", ...how});
  asked = [];
  answer = (address) => ({ok: true, json: async () => (address.includes("/made/1") ? {explain, misread} : TOLD)});
  globalThis.fetch = /** @type {any} */ (
    async (address) => {
      asked.push(address);
      return answer(address);
    }
  );
  globalThis.scrollTo = () => {};
  globalThis.innerWidth = 1440;
  new AlonePage();
  await pass();
  return visited;
}

async function go(action = "next") {
  button(action).click();
  await pass();
}

/** Goes on through the first step, with that choice. */
async function predicted(choice = 0) {
  await go();
  main().querySelector(`[data-choice="${choice}"]`).click();
  await go();
}

beforeEach(() => begin());

test("one predicts, sees the run, reads why, and so on to the sheet", async () => {
  assert.deepEqual([text("h1"), body()], ["A lesson", "To see. <alone.about minutes=20>"]);
  assert.ok(button("back").hidden);
  await go();
  assert.deepEqual([text("h1"), text(".room-place")], ["First", "<room.place step=1 of=2>"]);
  assert.match(body(), /^Which\? A B C/);
  assert.ok(button("next").disabled && frame().hidden && asked.length === 0);
  main().querySelector("[data-choice='0']").click();
  assert.ok(!button("next").disabled);
  await go();
  assert.deepEqual(
    [frame().getAttribute("src"), text(".wall-foot")],
    ["/trick?view=present", "<room.open> <room.back> <room.next.explain>"],
  );
  assert.deepEqual(asked, []);
  await go();
  assert.deepEqual(asked, ["/lab/lessons/made/0?value=0&lang=en"]);
  assert.equal(text(".alone-verdict"), "<alone.no said=A right=B>");
  assert.match(body(), /So it is\. <room.misread> So not\./);
  await go();
  assert.deepEqual([text("h1"), body()], ["Second", "Why?"]);
  assert.ok(!button("next").disabled); // talked about, not voted on
  await go();
  await go();
  assert.equal(text(".wall-foot"), "<room.open> <room.back> <alone.to_sheet>");
  await go();
  assert.match(body(), /A lesson To see\. <alone.name> 1 First Which\? <alone.own> A ✗ <alone.right> B 2 Second/);
  assert.ok(button("next").hidden);
  await go("back");
  assert.equal(text("h1"), "Second");
});

test("a right one is said to be, in fewer words", async () => {
  answer = () => ({ok: true, json: async () => ({...TOLD, is_right: true})});
  await predicted(1);
  await go();
  assert.equal(text(".alone-verdict"), "<alone.yes right=B>");
});

test("a prediction may be changed until the run is seen", async () => {
  await predicted();
  await go("back");
  const choices = () => [...main().querySelectorAll("[data-choice]")].map(({disabled}) => disabled);
  assert.deepEqual(choices(), [true, true, true]);
  await go("back");
  await go();
  assert.deepEqual(choices(), [true, true, true]);
});

test("a reload is where it was, another lesson of that name begins anew", async () => {
  const {lasting} = await begin();
  await predicted(2);
  await begin({}, {lasting});
  assert.deepEqual([text("h1"), frame().hidden], ["First", false]);
  await go();
  assert.deepEqual(asked, ["/lab/lessons/made/0?value=2&lang=en"]);
  await begin({digest: "d2"}, {lasting});
  assert.equal(text("h1"), "A lesson");
});

test("where the lab does not answer it says so, and asks again on coming back", async () => {
  answer = () => {
    throw new Error("offline");
  };
  await predicted();
  await go();
  assert.deepEqual([text(".room-notice"), text(".alone-why")], ["<room.unreached>", ""]);
  answer = () => ({ok: true, json: async () => TOLD});
  await go("back");
  await go();
  assert.equal(text(".room-notice"), "");
  assert.match(text(".alone-why"), /So it is/);
});

test("words of one's own and the sentence are kept and stand on the sheet as text", async () => {
  const {lasting} = await begin();
  await predicted();
  await go();
  await go();
  const type = (words) => {
    const box = [...main().querySelectorAll("textarea")].find((one) => !one.closest("[hidden]"));
    box.value = words;
    happenTo(box, "input");
  };
  type("it\nrises");
  for (let i = 0; i < 3; i += 1) await go();
  type("<b>One</b> \u202ething");
  assert.match(text(".alone-sheet"), /2 Second Why\? <alone.own> it rises <alone.sentence> <b>One<\/b> thing$/);
  assert.equal(main().querySelector(".alone-sheet b"), null);
  await begin({}, {lasting});
  assert.match(text(".alone-sheet"), /<b>One<\/b> thing$/);
  const printed = [];
  globalThis.print = () => void printed.push("sheet");
  button("print").click();
  assert.deepEqual(printed, ["sheet"]);
});

test("on a phone the run is the small page", async () => {
  globalThis.innerWidth = 390;
  await predicted();
  assert.equal(frame().getAttribute("src"), "/trick?embed=true");
});

/** A key is pressed; whether the page does something with it. */
function key(name) {
  let isTaken = false;
  happen("keydown", {key: name, preventDefault: () => (isTaken = true)});
  return isTaken;
}

test("one alone scrolls by the keys by which it is shown to others", async () => {
  assert.ok(!key("PageDown"));
  assert.equal(text("h1"), "A lesson");
});

test("shown to others, it is walked by keys and buttons, and nobody predicts", async () => {
  await begin({view: "present"});
  assert.equal(document.body.className, "room room-wall");
  assert.equal(body(), "To see.");
  assert.ok(key("PageDown"));
  assert.deepEqual([text("h1"), body()], ["First", "Which? A B C"]);
  assert.ok(!button("next").disabled && key("ArrowRight"));
  assert.ok(!frame().hidden);
  assert.ok(key("PageDown"));
  await pass();
  assert.deepEqual(asked, ["/lab/lessons/made/0?view=present&lang=en"]);
  assert.equal(text(".alone-verdict"), "<room.right right=B>");
  assert.ok(key("ArrowLeft") && !key("a"));
  assert.equal(text(".alone-why"), "");
  for (let i = 0; i < 9; i += 1) await go();
  assert.deepEqual(
    [text("h1"), button("next").hidden, text(".wall-place")],
    ["Second", true, "<room.place step=2 of=2>"],
  ); // no sheet
});
