import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {Wheel} from "../../../assets/lab/room/wheel.js";
import {happen} from "../dom.js";
import {t} from "../room.js";
import {tick, visit} from "../server.js";

const knob = (more) => ({
  name: "b",
  label: "Flood level",
  symbol: "b",
  low: 0,
  high: 2,
  choices: [],
  integer: false,
  scale: "linear",
  value: 0.5,
  arm: 1,
  ...more,
});
const LEVEL = knob();
const RATE = knob({name: "lr", low: 0.001, high: 1, scale: "log", value: 0.1});
const COUNT = knob({name: "n", low: 1, high: 5, integer: true, value: 2});
const KIND = knob({name: "model", symbol: "", label: "Model", choices: ["mlp", "conv_net"], value: "conv_net"});

let turned;
let wheel;
const held = ({value}) => value;
const range = (name) => wheel.element.querySelector(`[data-knob="${name}"] input`);
const said = (name) => wheel.element.querySelector(`[data-knob="${name}"] output`).textContent;
const drag = (name, place) => {
  range(name).value = String(place);
  happen(range(name), "input");
};

beforeEach(() => {
  visit();
  turned = [];
  wheel = new Wheel(t, (name, value) => turned.push([name, value]));
});

test("it is there for whom it is for, while there is something to turn", () => {
  assert.ok(wheel.element.hidden);
  wheel.draw([LEVEL], 0, held);
  assert.ok(wheel.element.hidden);
  wheel.draw([], 30, held);
  assert.ok(wheel.element.hidden);
  wheel.draw([LEVEL], 29.1, held);
  assert.ok(!wheel.element.hidden);
  assert.equal(wheel.head.textContent, "<room.wheel.yours seconds=30>");
  wheel.draw([LEVEL], 0, held);
  assert.ok(wheel.element.hidden);
});

test("knobs stand where the run has them, on even or on logarithmic sliders", () => {
  wheel.draw([LEVEL, RATE, COUNT], 30, ({name, value}) => (name === "b" ? 1.5 : value));
  assert.deepEqual(
    ["b", "lr", "n"].map((name) => [Number(range(name).value), said(name)]),
    [
      [150, "1.5"],
      [133, "0.1"],
      [50, "2"],
    ],
  );
});

test("a place on the slider is a value of the knob, within its range and whole where it must be", () => {
  wheel.draw([LEVEL, RATE, COUNT], 30, held);
  const at = (name) =>
    [0, 60, 100, 200].map((place) => {
      drag(name, place);
      tick(60);
      return turned.at(-1)[1];
    });
  assert.deepEqual(at("b"), [0, 0.6, 1, 2]);
  assert.deepEqual(at("lr"), [0.001, 0.0079, 0.032, 1]);
  assert.deepEqual(at("n"), [1, 2, 3, 5]);
});

test("a drag sends its newest value, and no more often than every 60 ms", () => {
  wheel.draw([LEVEL], 30, held);
  for (let place = 1; place <= 20; place += 1) {
    drag("b", place);
    tick(10);
  }
  tick(1000);
  assert.deepEqual(
    turned.map(([, value]) => value),
    [0.06, 0.12, 0.18, 0.2],
  );
  assert.equal(said("b"), "0.2");
});

test("of two knobs dragged at once both are sent", () => {
  wheel.draw([LEVEL, COUNT], 30, held);
  drag("b", 100);
  drag("n", 200);
  tick(60);
  assert.deepEqual(turned, [
    ["b", 1],
    ["n", 5],
  ]); // prettier-ignore
});

test("what was dragged just before the wheel went is not sent", () => {
  wheel.draw([LEVEL], 0.01, held);
  drag("b", 100);
  wheel.draw([LEVEL], 0, held);
  tick(1000);
  assert.deepEqual(turned, []);
});

test("a choice is sent at once, and called by its label, or by its name where it has none", () => {
  wheel.draw([KIND], 30, held);
  const select = wheel.element.querySelector("select");
  const options = [...select.querySelectorAll("option")];
  assert.deepEqual(
    options.map(({value, textContent}) => [value, textContent]),
    [
      ["mlp", "mlp"],
      ["conv_net", "conv net"],
    ],
  );
  assert.equal(select.value, "conv_net");
  select.value = "mlp";
  happen(select, "change");
  assert.deepEqual(turned, [["model", "mlp"]]);
  const labeled = new Wheel(
    (key) => (key === "choice.model.mlp" ? "MLP" : key),
    () => {},
  );
  labeled.draw([KIND], 30, held);
  assert.equal(labeled.element.querySelector("option").textContent, "MLP");
});

test("no knob is built anew under a thumb, whatever the run has; the next time it stands as then", () => {
  wheel.draw([LEVEL], 30, held);
  const before = range("b");
  drag("b", 20);
  wheel.draw([LEVEL], 29, () => 1);
  assert.ok(range("b") === before);
  assert.equal(before.value, "20");
  wheel.draw([LEVEL], 0, held);
  wheel.draw([LEVEL], 30, () => 1);
  assert.equal(range("b").value, "100");
  wheel.draw([COUNT], 30, held); // another step's
  assert.deepEqual([range("b"), range("n").value], [null, "50"]);
});

test("a knob is called by its label and symbol", () => {
  wheel.draw([knob({symbol: "b_1"}), KIND], 30, held);
  const names = [...wheel.element.querySelectorAll(".room-knob-name span")].map(({textContent}) => textContent);
  assert.deepEqual(names, ["Flood level b₁", "Model"]);
});
