import assert from "node:assert/strict";
import {test} from "node:test";
import {spaced} from "../../../assets/lab/room/code.js";

test("a code stands in two halves, and none where the room has none", () => {
  assert.deepEqual(["ABC234", null, ""].map(spaced), ["ABC 234", "", ""]);
});
