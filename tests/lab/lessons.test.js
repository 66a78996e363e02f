import assert from "node:assert/strict";
import {test} from "node:test";
import {mount} from "../../assets/lab/lessons.js";
import {pass, visit} from "./server.js";

const LESSON = {name: "why_relu", title: "Why ReLU", aim: "To see why.", minutes: 30, steps: ["One", "Two"]};
const CONFIG = {
  labels: {"lessons.about.one": "{minutes} minutes, {steps} steps", "lab.teach": "Teach this", "room.lost": "Lost."},
  language: "en",
  rooms: "/lab/rooms",
  join: "/join",
  lesson: "/lesson",
  lessons: [LESSON],
  tries: [],
};

function shown(config = CONFIG) {
  visit("/lessons");
  const parent = document.createElement("div");
  const gone = [];
  const mounted = mount(parent, config, {}, (address) => gone.push(address));
  return {parent, gone, mounted, text: () => parent.textContent};
}

test("a lesson says what it is, how long it takes and its steps", () => {
  const {parent, text} = shown();
  for (const said of ["Why ReLU", "To see why.", "30 minutes, 2 steps", "One", "Two"]) assert.ok(text().includes(said));
  assert.equal(parent.querySelector("a").getAttribute("href"), "/join");
});

test("a press opens a room around it", async () => {
  const {parent, gone} = shown();
  let body;
  globalThis.fetch = async (_, asked) => {
    body = JSON.parse(asked.body);
    return {ok: true, status: 201, json: async () => ({wall: "/wall/r1"})};
  };
  parent.querySelector("[data-action=teach]").click();
  await pass();
  assert.deepEqual([body, gone], [{lesson: "why_relu", lang: "en"}, ["/wall/r1"]]);
});

test("it is taken alone, or shown to others, by its address; what a page gives to try is, too", async () => {
  const {parent, gone} = shown({...CONFIG, tries: [{name: "a_trick", title: "A trick"}]});
  const at = (kind, name) => parent.querySelector(`[data-${kind}=${name}]`).getAttribute("href");
  assert.equal(at("take", "why_relu"), "/lesson/why_relu?lang=en");
  assert.equal(at("present", "why_relu"), "/lesson/why_relu?lang=en&view=present");
  assert.equal(at("take", "a_trick"), "/lesson/a_trick?lang=en");
  globalThis.fetch = async () => ({ok: true, status: 201, json: async () => ({wall: "/wall/r2"})});
  parent.querySelector(".lessons-tries [data-lesson=a_trick]").click();
  await pass();
  assert.deepEqual(gone, ["/wall/r2"]);
});

test("rooms of one's own are listed", async () => {
  const room = {title: "Mine", opened_at: 1, closed_at: 2, people: 3, wall: "/wall/r1", report: "/report/r1"};
  globalThis.fetch = async () => ({ok: true, status: 200, json: async () => ({rooms: [room]})});
  const {parent} = shown();
  await pass();
  assert.ok(parent.querySelector("a[href='/report/r1']"));
});

test("why none is opened is said", async () => {
  const {parent, gone} = shown();
  const trouble = parent.querySelector("[role=alert]");
  globalThis.fetch = async () => ({ok: false, status: 409, text: async () => "Too many."});
  parent.querySelector("[data-action=teach]").click();
  await pass();
  assert.deepEqual([trouble.textContent, trouble.hidden, gone], ["Too many.", false, []]);
  globalThis.fetch = async () => {
    throw new Error("offline");
  };
  parent.querySelector("[data-action=teach]").click();
  await pass();
  assert.equal(trouble.textContent, "Lost.");
});

test("a file that cannot be used is there with what is wrong, and is not taught", () => {
  const {parent, text} = shown({...CONFIG, lessons: [{name: "mine", problem: "mine.md: the aim is missing"}]});
  assert.ok(text().includes("mine.md: the aim is missing"));
  assert.equal(parent.querySelector("[data-action=teach]"), null);
});

test("it shows other lessons, and leaves nothing behind", () => {
  const {parent, mounted, text} = shown();
  mounted.update({...CONFIG, lessons: [{...LESSON, title: "Another"}]});
  assert.ok(text().includes("Another") && !text().includes("Why ReLU"));
  mounted.destroy();
  assert.equal(parent.children.length, 0);
});
