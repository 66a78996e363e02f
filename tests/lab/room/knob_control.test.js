import assert from "node:assert/strict";
import {test} from "node:test";
import {
  knobControl,
  knobName,
  knobNames,
  knobValue,
  settingText,
  startOf,
} from "../../../assets/lab/room/knob_control.js";
import {happen} from "../dom.js";
import {t} from "../room.js";
import {LEVEL, RATE} from "./experiments.js";

const KIND = {...LEVEL, name: "model", label: "model", symbol: "", choices: ["mlp", "conv_net"], value: "mlp"};

test("a knob is called by its label and its symbol, a value by its number or its choice", () => {
  assert.deepEqual([knobName({...LEVEL, symbol: "b_0"}), knobName(KIND)], ["level b₀", "model"]);
  const said = (key) => (key === "choice.model.mlp" ? "layers" : key);
  assert.deepEqual(
    [knobValue(LEVEL, 0.12345, said), knobValue(KIND, "mlp", said), knobValue(KIND, "conv_net", said)],
    ["0.123", "layers", "conv net"],
  );
});

test("two knobs are named together, and a setting says the value of each", () => {
  assert.deepEqual(
    [knobNames([LEVEL], t), knobNames([LEVEL, RATE], t)],
    ["level b", "<room.knobs one=level b other=rate r>"],
  );
  assert.equal(settingText([LEVEL, KIND], [0.25, "mlp"], t), "level b = 0.25, model = mlp");
});

test("among some values a knob begins at that which is nearest to its own, and has these alone", () => {
  const starts = [LEVEL, RATE, {...RATE, value: 0.7}, {...KIND, values: ["conv_net"]}].map(startOf);
  assert.deepEqual(starts, [0.5, 0.1, 1, "conv_net"]);
  const heard = [];
  const control = knobControl(RATE, 0.1, t, {chosen: null, dragged: (value) => heard.push(value)});
  const range = control.querySelector("input");
  assert.deepEqual([range.value, range.max], ["1", "2"]);
  range.value = "2";
  happen(range, "input");
  assert.deepEqual([heard, control.querySelector("output").textContent], [[1], "1"]);
  const options = knobControl({...KIND, values: ["conv_net"]}, "conv_net", t, {}).querySelectorAll("option");
  assert.deepEqual(
    [...options].map((one) => one.value),
    ["conv_net"],
  );
});

test("a slider stands at the value, says where it is dragged to, and a choice what is chosen", () => {
  const heard = [];
  const on = {chosen: (value) => heard.push(["chosen", value]), dragged: (value) => heard.push(["dragged", value])};
  const slider = knobControl(LEVEL, 0.25, t, on);
  const range = slider.querySelector("input");
  assert.deepEqual([Number(range.value), slider.querySelector("output").textContent], [50, "0.25"]);
  range.value = "30";
  happen(range, "input");
  assert.equal(slider.querySelector("output").textContent, "0.15");
  const box = knobControl(KIND, "conv_net", t, on).querySelector("select");
  assert.equal(box.value, "conv_net");
  box.value = "mlp";
  happen(box, "change");
  assert.deepEqual(heard, [
    ["dragged", 0.15],
    ["chosen", "mlp"],
  ]);
});
