import assert from "node:assert/strict";
import {test} from "node:test";
import {knobControl, knobName, knobValue} from "../../../assets/lab/room/knob_control.js";
import {happen} from "../dom.js";
import {t} from "../room.js";
import {LEVEL} from "./experiments.js";

const KIND = {...LEVEL, name: "model", label: "model", symbol: "", choices: ["mlp", "conv_net"], value: "mlp"};

test("a knob is called by its label and its symbol, a value by its number or its choice", () => {
  assert.deepEqual([knobName({...LEVEL, symbol: "b_0"}), knobName(KIND)], ["level b₀", "model"]);
  const said = (key) => (key === "choice.model.mlp" ? "layers" : key);
  assert.deepEqual(
    [knobValue(LEVEL, 0.12345, said), knobValue(KIND, "mlp", said), knobValue(KIND, "conv_net", said)],
    ["0.123", "layers", "conv net"],
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
