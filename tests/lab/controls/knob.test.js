import assert from "node:assert/strict";
import {test} from "node:test";
import {Knob} from "../../../assets/lab/controls/knob.js";
import {icon} from "../../../assets/lab/page/dom.js";
import {happen, outline, press} from "../dom.js";
import {t} from "../lab.js";

const NUMBER = {
  name: "level",
  symbol: "b_0",
  label: "Level",
  help: "How high.",
  unit: "m",
  low: 0,
  high: 1,
  choices: [],
  value: 0.5,
  default: 0.5,
  neutral: 0,
  live: true,
  integer: false,
  scale: "linear",
  when: null,
  unless: null,
  idle: "",
};
const CHOICE = {...NUMBER, name: "kind", symbol: "", label: "Kind", unit: "", choices: ["off", "half_on", "on"]};
const CHOSEN = {...CHOICE, value: "off", default: "off", neutral: "half_on"};
const MANY = {...CHOSEN, choices: ["off", "a", "b", "c", "d", "e", "on"], neutral: null};

/** A knob on the page, and what it reports. */
function knobOf(declared = NUMBER, options = {}) {
  const told = [];
  const on = {turn: (value) => told.push(value), settle: () => told.push("settled")};
  const knob = new Knob(declared, {t, ...options}, on);
  document.body.replaceChildren(knob.element);
  return {knob, told};
}

const type = (knob, text) => {
  knob.box.value = text;
  happen(knob.box, "change");
};
const without = (html, id) => html.replaceAll(id, "#");

test("a number has a slider, a mark where it changes nothing, a box and a reset", () => {
  const {knob} = knobOf();
  assert.match(knob.range.id, /^lab-level-[a-z0-9]{1,6}$/);
  assert.equal(
    without(outline(knob.element), knob.range.id),
    `div class=lab-knob data-knob=level data-live=
  div class=lab-knob-head
    label class=lab-name for=# title=How high.
      span class=lab-symbol: b
        sub: 0
      span class=lab-label: Level
        span class=lab-unit-beside:  (m)
    span class=lab-wait
    span class=lab-value
      input type=text inputmode=decimal autocomplete=off spellcheck=false class=lab-box data-box=level aria-label=b₀ Level m
      span class=lab-unit: m
    button type=button class=lab-button lab-reset title=lab.knob.reset Level 0.5 aria-label=lab.knob.reset Level 0.5 style=visibility: hidden;
      svg viewBox=0 0 24 24 aria-hidden=true class=lab-icon
        path d=${icon("reset").firstChild.getAttribute("d")}
  div class=lab-slider
    input type=range id=# class=lab-range min=0 max=1000 step=1 data-range=level aria-label=b₀ Level aria-valuetext=0.5 m style=--place: 0.5;
    span class=lab-neutral title=lab.neutral.help 0 style=--at: 0;
      span: lab.neutral
  p class=lab-idle
  p class=lab-message role=alert`,
  );
  assert.deepEqual([knob.range.value, knob.box.value, knob.value], ["500", "0.5", 0.5]);
});

test("what is not declared is not shown", () => {
  const {knob} = knobOf({...NUMBER, symbol: "", unit: "", help: "", neutral: null});
  assert.ok(knob.element.querySelector(".lab-symbol, .lab-unit-beside, .lab-neutral") === null);
  assert.equal(knob.element.querySelector(".lab-unit").textContent, "");
  assert.equal(knob.element.querySelector("label").title, "");
  assert.deepEqual(
    [knob.range, knob.box].map((part) => part.getAttribute("aria-label")),
    ["Level", "Level"],
  );
  assert.equal(knob.range.getAttribute("aria-valuetext"), "0.5");
  assert.equal(knobOf({...NUMBER, unit: null}).knob.range.getAttribute("aria-valuetext"), "0.5");
  assert.equal(knobOf({...NUMBER, symbol: "γ"}).knob.element.querySelector(".lab-symbol").innerHTML, "γ");
  assert.ok(knobOf({...NUMBER, neutral: undefined}).knob.element.querySelector(".lab-neutral") === null);
});

test("one that takes effect at the next start says so", () => {
  const {knob} = knobOf({...NUMBER, live: false});
  assert.equal(knob.wait.textContent, "lab.structural");
  assert.equal(knob.element.querySelector("label").title, "How high. lab.structural");
  assert.equal(knob.element.hasAttribute("data-live"), false);
});

test("a compact one has no reset, and one without a slider is named by its box", () => {
  const {knob} = knobOf(NUMBER, {compact: true, slider: false});
  assert.equal(knob.element.className, "lab-knob lab-compact");
  assert.ok(knob.element.querySelector(".lab-reset, .lab-slider") === null);
  assert.equal(knob.box.id, knob.element.querySelector("label").getAttribute("for"));
  type(knob, "0.25");
  assert.equal(knob.value, 0.25);
});

test("a neutral value near the end has its word on the other side, and the knob there is marked", () => {
  const end = (neutral) => knobOf({...NUMBER, neutral}).knob.element.querySelector(".lab-neutral").dataset.end;
  assert.deepEqual([end(0.8), end(0.81)], [undefined, ""]);
  const {knob} = knobOf();
  const marked = (value) => {
    knob.show(value);
    return knob.element.hasAttribute("data-neutral");
  };
  assert.deepEqual([marked(0.5), marked(0), marked(0.5)], [false, true, false]);
  assert.equal(knobOf({...NUMBER, value: null, neutral: null}).knob.element.hasAttribute("data-neutral"), false);
});

test("it reports while it moves, once a value, and when it is let go", () => {
  const {knob, told} = knobOf();
  for (const place of [250, 251, 254, 1000]) {
    knob.range.value = String(place);
    happen(knob.range, "input");
  }
  happen(knob.range, "change");
  assert.deepEqual(told, [0.25, 1, "settled"]);
  assert.deepEqual([knob.box.value, knob.range.getAttribute("aria-valuetext")], ["1", "1 m"]);
  assert.equal(knob.range.style.getPropertyValue("--place"), "1");
});

test("the slider's arrows move it by a fiftieth, with Shift by five of them", () => {
  const {knob, told} = knobOf();
  const keys = ["ArrowRight", "ArrowUp", "ArrowLeft", "ArrowDown"];
  for (const key of keys) press(knob.range, key);
  for (const key of keys.slice(1, 3)) press(knob.range, key, {shiftKey: true});
  assert.deepEqual(
    told.filter((one) => one !== "settled"),
    [0.52, 0.54, 0.52, 0.5, 0.6, 0.5],
  );
  assert.equal(told.filter((one) => one === "settled").length, 6);
  told.length = 0;
  for (const modifier of ["ctrlKey", "metaKey", "altKey"])
    assert.equal(press(knob.range, "ArrowRight", {[modifier]: true}).defaultPrevented, false);
  assert.equal(press(knob.range, "Home").defaultPrevented, false);
  assert.deepEqual(told, []);
  let heard = 0;
  knob.element.addEventListener("keydown", () => (heard += 1));
  assert.equal(press(knob.range, "ArrowRight").defaultPrevented, true);
  assert.equal(heard, 0);
});

test("what is typed is taken, or refused in words until something else is", () => {
  const {knob, told} = knobOf();
  const alert = () => [knob.message.textContent, knob.element.hasAttribute("data-refused"), told.splice(0)];
  type(knob, " 0,25 ");
  assert.deepEqual(alert(), ["", false, [0.25, "settled"]]);
  type(knob, "much");
  assert.deepEqual(alert(), ["lab.refused.number b₀ much 0 1 0.25", true, []]);
  type(knob, "2");
  assert.deepEqual(alert(), ["lab.refused.range b₀ 2 0 1 0.25", true, []]);
  type(knob, "0.25");
  assert.deepEqual(alert(), ["", false, ["settled"]]);
  const whole = knobOf({...NUMBER, symbol: "", integer: true, high: 2000, value: 1500}).knob;
  assert.equal(whole.box.value, "1,500");
  type(whole, "2.5");
  assert.equal(whole.message.textContent, "lab.refused.whole Level 2.5 0 2,000 1,500");
  whole.refuse("The server says no.");
  assert.equal(whole.message.textContent, "The server says no.");
});

test("the box keeps what is being typed; Enter ends that, Escape takes it back", () => {
  const {knob} = knobOf();
  const {box} = knob;
  let selected = 0;
  box.select = () => (selected += 1);
  box.focus();
  assert.equal(selected, 1);
  box.value = "0.7";
  knob.show(0.6);
  assert.equal(box.value, "0.7");
  press(box, "a");
  assert.ok(document.activeElement === box);
  press(box, "Enter");
  assert.ok(document.activeElement !== box);
  assert.equal(box.value, "0.6");
  box.focus();
  box.value = "0.7";
  let left = null;
  box.addEventListener("blur", () => (left ??= box.value), {capture: true});
  press(box, "Escape");
  assert.deepEqual([left, document.activeElement === box, knob.value], ["0.6", false, 0.6]);
});

test("a reset goes back to the default, and is there only elsewhere", () => {
  const {knob, told} = knobOf({...NUMBER, value: 0.75});
  assert.equal(knob.reset.style.visibility, "");
  knob.refuse("no");
  knob.reset.click();
  assert.deepEqual([told, knob.value, knob.reset.style.visibility], [[0.5, "settled"], 0.5, "hidden"]);
  assert.equal(knob.message.textContent, "");
});

test("few short choices are a row of buttons", () => {
  const {knob, told} = knobOf(CHOSEN);
  assert.equal(
    outline(knob.control),
    `div class=lab-segments role=radiogroup aria-label=Kind data-name=kind
  button type=button role=radio data-value=off aria-checked=true tabindex=0: off
  button type=button role=radio data-value=half_on aria-checked=false tabindex=-1 title=lab.neutral: half on
  button type=button role=radio data-value=on aria-checked=false tabindex=-1: on`,
  );
  knob.segments.buttons.get("on").click();
  assert.deepEqual([told, knob.value], [["on", "settled"], "on"]);
  knob.show("half_on");
  assert.equal(knob.segments.value, "half_on");
  assert.equal(knob.element.hasAttribute("data-neutral"), true);
  assert.ok(!knob.element.querySelector(".lab-value") && !knob.box);
});

test("many choices, or long ones, are a list", () => {
  const {knob, told} = knobOf(MANY);
  assert.match(
    without(outline(knob.control), knob.control.id),
    /^select id=# class=lab-select data-select=kind\n {2}option value=off: off\n/,
  );
  assert.equal(knob.control.id, knob.element.querySelector("label").getAttribute("for"));
  knob.select.value = "c";
  happen(knob.select, "change");
  assert.deepEqual([told, knob.value], [["c", "settled"], "c"]);
  knob.show("on");
  assert.equal(knob.select.value, "on");
  const isList = (...choices) => Boolean(knobOf({...CHOSEN, choices, value: choices[0]}).knob.select);
  assert.deepEqual([isList("1", "2", "3", "4", "5", "6"), isList("1", "2", "3", "4", "5", "6", "7")], [false, true]);
  const letters = (count) => isList("a".repeat(19), "b".repeat(count)); // and three for the frame of each
  assert.deepEqual([letters(19), letters(20)], [false, true]);
});

test("a choice is called by its label, else by its words", () => {
  const say = (key) => ({"choice.kind.on": "On!"})[key] ?? key;
  const texts = (choices) =>
    [...knobOf({...CHOSEN, choices}, {t: say}).knob.segments.buttons].map(([value, {textContent}]) => [
      value,
      textContent,
    ]);
  assert.deepEqual(texts(["half_on_so", "on"]), [
    ["half_on_so", "half on so"],
    ["on", "On!"],
  ]);
  assert.deepEqual(texts([{value: "x", label: "X x"}]), [["x", "X x"]]);
});

test("the keyboard goes through choices to the ends", () => {
  const {knob, told} = knobOf(CHOSEN);
  const nudged = [-1, 1, 1, 1, -5, 5].map((direction) => {
    knob.nudge(direction);
    return knob.value;
  });
  assert.deepEqual(nudged, ["off", "half_on", "on", "on", "off", "on"]);
  assert.deepEqual(told, ["half_on", "on", "off", "on"]);
  const numeric = knobOf({...NUMBER, choices: undefined});
  numeric.knob.nudge(1);
  assert.deepEqual(numeric.told, [0.52]);
});

test("where it changes nothing it is dimmed, and says why to those who listen too", () => {
  const when = ["kind", "on"];
  const idle = "Only when on.";
  for (const [declared, parts] of [
    [NUMBER, (knob) => [knob.range, knob.box]],
    [CHOSEN, (knob) => [knob.segments.element]],
    [MANY, (knob) => [knob.select]],
  ]) {
    const {knob} = knobOf({...declared, when, idle});
    const said = (values) => {
      knob.idleAt(values);
      const described = parts(knob).map((part) => part.getAttribute("aria-description"));
      return [knob.element.hasAttribute("data-idle"), knob.idle.textContent, knob.element.title, ...described];
    };
    assert.deepEqual(said({kind: "off"}), [true, idle, idle, ...parts(knob).map(() => idle)]);
    assert.deepEqual(said({kind: "on"}), [false, "", "", ...parts(knob).map(() => null)]);
  }
});

test("one that waits for the next start is marked", () => {
  const {knob} = knobOf();
  const marked = (pending) => {
    knob.pending = pending;
    return [knob.element.hasAttribute("data-pending"), knob.wait.textContent];
  };
  const waits = "lab.structural";
  assert.deepEqual(
    [marked(true), marked(false)],
    [
      [true, waits],
      [false, ""],
    ],
  );
  const other = knobOf({...NUMBER, live: false}).knob;
  other.pending = false;
  assert.equal(other.wait.textContent, waits);
});

test("one that is locked shows its value, says why, and is moved neither by hand nor by keys", () => {
  const {knob, told} = knobOf({...NUMBER, value: 0.25}, {locked: "because"});
  knob.idleAt({});
  const {range, box, reset, element} = knob;
  assert.deepEqual([range.disabled, box.disabled, reset.disabled, box.value], [true, true, true, "0.25"]);
  assert.deepEqual([element.title, range.getAttribute("aria-description")], ["because", "because"]);
  knob.nudge(1);
  assert.deepEqual([knob.value, told], [0.25, []]);
  const {knob: choice} = knobOf(CHOSEN, {locked: "because"});
  assert.ok([...choice.segments.buttons.values()].every(({disabled}) => disabled));
  assert.equal(knobOf(MANY, {locked: "because"}).knob.select.disabled, true);
});

test("one that is locked and changes nothing says both", () => {
  const {knob} = knobOf({...NUMBER, unless: ["other", 1], idle: "needs other"}, {locked: "because"});
  knob.idleAt({other: 1});
  assert.equal(knob.element.title, "because needs other");
});
