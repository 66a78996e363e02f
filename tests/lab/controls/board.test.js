import assert from "node:assert/strict";
import {test} from "node:test";
import {Board} from "../../../assets/lab/controls/board.js";
import {Reach} from "../../../assets/lab/data/reach.js";
import {happen, outline} from "../dom.js";
import {labOf} from "../lab.js";

const declare = (name, more = {}) => {
  const plain = {symbol: "", label: name, help: "", unit: "", low: 0, high: 1, choices: [], value: 0, default: 0};
  return {name, ...plain, neutral: null, live: true, integer: false, scale: "linear", idle: `no ${name}`, ...more};
};
const KNOBS = [declare("a"), declare("b", {unless: ["a", 1]})];
const SETTINGS = [declare("lr"), declare("width", {live: false})];

/** A board of two knobs and two settings, of a lab whose chosen arm has those values. */
function boardOf({values = {a: 0.25, b: 0.5, lr: 0.75, width: 1}, waits = [], config = {}, ...more} = {}) {
  const told = [];
  const asked = [];
  const pends = (name, arm) => {
    asked.push([name, arm]);
    return waits.includes(name);
  };
  const lab = labOf(undefined, {
    selected: 2,
    valuesOf: (arm) => (arm === 2 ? values : {}),
    armOf: (name) => (name.length === 1 ? 2 : 0),
    wishes: {pends},
    turn: ({name}, value) => told.push([name, value]),
    report: () => told.push("report"),
    ...more,
  });
  Object.assign(lab.config, {knobs: KNOBS, settings: SETTINGS, ...config});
  return {board: new Board(lab), lab, told, asked, values};
}
const shown = (section) => [...section.querySelectorAll("[data-knob]")].map(({dataset}) => dataset.knob);
const marked = (board, name) =>
  [...board.controls].filter(([, {element}]) => element.hasAttribute(name)).map(([called]) => called);

test("a page has its knobs, and small the settings that are shared, with a slider where they act at once", () => {
  const {board} = boardOf();
  assert.deepEqual(
    [shown(board.knobs), shown(board.shared)],
    [
      ["a", "b"],
      ["lr", "width"],
    ],
  );
  assert.equal(outline(board.knobs).split("\n")[0], "section class=lab-knobs aria-label=lab.knobs");
  assert.deepEqual(outline(board.shared).split("\n").slice(0, 2), [
    "section class=lab-settings aria-label=lab.settings",
    "  span class=lab-settings-title: lab.settings",
  ]);
  const compact = [...board.controls.values()].filter(({element}) => element.matches(".lab-compact"));
  assert.deepEqual(
    compact.map(({declared}) => declared.name),
    ["lr", "width"],
  );
  assert.deepEqual(
    [...board.controls.values()].map(({range}) => Boolean(range)),
    [true, true, true, false],
  );
});

test("many knobs stand close", () => {
  const dense = (count, more = {}) => {
    const knobs = ["a", "b", "c", "d"].slice(0, count).map((name) => declare(name));
    return boardOf({config: {knobs, present_knobs: ["a"]}, ...more}).board.knobs.hasAttribute("data-dense");
  };
  assert.deepEqual([dense(3), dense(4)], [false, true]);
  assert.equal(dense(4, {present: true}), false); // of four one is shown there, in large type
});

test("the knobs stand as is wanted of the chosen arm, and say what waits for the next start", () => {
  const {board, asked, values} = boardOf({waits: ["b", "width"]});
  assert.deepEqual(
    [...board.controls].map(([name, {value}]) => [name, value]),
    Object.entries(values),
  );
  assert.deepEqual(marked(board, "data-pending"), ["b", "width"]);
  assert.deepEqual(asked, [
    ["a", 2],
    ["b", 2],
    ["lr", 0],
    ["width", 0],
  ]);
  values.a = 1;
  board.show();
  assert.deepEqual([board.controls.get("a").value, marked(board, "data-idle")], [1, ["b"]]);
});

test("what a knob does is told with its name", () => {
  const {board, told} = boardOf();
  const {range} = board.controls.get("b");
  range.value = "100";
  happen(range, "input");
  happen(range, "change");
  assert.deepEqual(told, [["b", 0.1], "report"]);
});

test("a refusal is said beside its knob, where there is one", () => {
  const {board} = boardOf();
  assert.equal(board.refuse("b", "no"), true);
  assert.equal(board.controls.get("b").message.textContent, "no");
  assert.equal(board.refuse("other", "no"), false);
});

test("a presenter has the main knobs alone, settings among them, and the chosen one is marked", () => {
  const presenting = {present: true, config: {present_knobs: ["b", "lr"]}};
  const {board} = boardOf(presenting);
  assert.deepEqual([board.main, shown(board.knobs), shown(board.shared)], [["b", "lr"], ["b", "lr"], []]);
  assert.equal(board.shared.children.length, 0);
  assert.equal(board.controls.get("lr").element.className, "lab-knob");
  assert.deepEqual(marked(board, "data-chosen"), ["b"]);
  board.choose(1);
  assert.deepEqual(marked(board, "data-chosen"), ["lr"]);
  board.choose(2); // there is no third
  assert.deepEqual(marked(board, "data-chosen"), ["lr"]);
  assert.deepEqual(marked(boardOf({present: true, config: {present_knobs: ["b"]}}).board, "data-chosen"), []);
  assert.deepEqual(marked(boardOf({config: presenting.config}).board, "data-chosen"), []);
  assert.deepEqual(boardOf({config: presenting.config}).board.main, ["a", "b"]);
  assert.deepEqual(boardOf({present: true, config: {present_knobs: []}}).board.main, ["a", "b"]);
  assert.deepEqual(boardOf({present: true}).board.main, ["a", "b"]);
});

test("the keyboard turns the chosen one of the main knobs, at first the first", () => {
  const {board, lab, told} = boardOf();
  assert.equal(board.nudge(1), true);
  board.choose(1);
  board.nudge(-1);
  assert.deepEqual(told, [
    ["a", 0.27],
    ["b", 0.48],
  ]);
  lab.config.knobs = KNOBS.slice(0, 1);
  board.rebuild();
  board.nudge(1);
  assert.deepEqual(told.at(-1), ["a", 0.27]);
  lab.config.knobs = [];
  board.rebuild();
  assert.equal(board.nudge(1), false);
  assert.deepEqual([...board.controls.keys()], ["lr", "width"]);
});

test("where one looks back the knobs show what was, and nobody turns them", () => {
  const {board, lab} = boardOf({past: 3, waits: ["a"]});
  assert.deepEqual(
    [board.knobs.inert, board.shared.inert, board.controls.get("a").element.hasAttribute("data-pending")],
    [true, true, false],
  );
  lab.past = null;
  board.show();
  assert.deepEqual(
    [board.knobs.inert, board.shared.inert, board.controls.get("a").element.hasAttribute("data-pending")],
    [false, false, true],
  );
});

const reach = (told) => new Reach({show: null, lock: [], strict: false, ...told});

test("what is hidden is not there and no key turns it, what is locked stands there", () => {
  const {board, told} = boardOf({reach: reach({show: ["b", "lr", "width"], lock: ["lr", "b"]})});
  assert.deepEqual([shown(board.knobs), shown(board.shared)], [["b"], ["lr", "width"]]);
  assert.deepEqual(marked(board, "data-locked"), ["b", "lr"]);
  assert.deepEqual([board.main, board.nudge(1), told], [[], false, []]);
  assert.equal(board.controls.get("lr").range.disabled, true);
  assert.equal(board.controls.get("width").box.disabled, false);
});

test("the keys turn the knobs that are free", () => {
  const {board, told} = boardOf({reach: reach({lock: ["a"]})});
  board.nudge(1);
  assert.deepEqual(
    told.map(([name]) => name),
    ["b"],
  );
});

test("a section of which all is hidden is not there", () => {
  const {board} = boardOf({reach: reach({show: ["seed"]})});
  assert.deepEqual([board.knobs.hidden, board.shared.hidden], [true, true]);
});

test("a presenter has what the address shows, in the order of the page, in place of the main knobs", () => {
  const presenting = {present: true, config: {present_knobs: ["b"]}};
  const {board} = boardOf({...presenting, reach: reach({show: ["lr", "a"], lock: ["lr"]})});
  assert.deepEqual([shown(board.knobs), board.main], [["a", "lr"], ["a"]]);
  assert.deepEqual(shown(boardOf({...presenting, reach: reach({lock: ["b"]})}).board.knobs), ["b"]);
});
