// What the arms of the next start will be called is what the server will call them: test_arms.py holds the same cases.

import assert from "node:assert/strict";
import {readFileSync} from "node:fs";
import {test} from "node:test";
import {nameArms} from "../../../assets/lab/data/names.js";
import {makeText, symbolText, valueText} from "../../../assets/lab/data/text.js";

const cases = JSON.parse(readFileSync(new URL("../arm_names.json", import.meta.url)));

test("arms are called by their tricks, and by the knobs in which those called alike differ", () => {
  for (const {config, knobs, named} of cases) {
    const lab = {
      config,
      t: makeText(config.labels),
      symbol: (name) => symbolText(config.knobs.find((knob) => knob.name === name).symbol),
      valueText: (name, value) => valueText(config.labels, name, value),
    };
    assert.deepEqual(nameArms(knobs, lab), named);
  }
});
