import assert from "node:assert/strict";
import {test} from "node:test";
import {exactly, when} from "../../../assets/lab/data/dates.js";

const NOW = new Date(2026, 10, 29, 15, 30).getTime();
const at = (...parts) => new Date(...parts).getTime() / 1000;

test("times are short, and whole on asking", () => {
  assert.equal(when(at(2026, 10, 29, 9, 5), "en", NOW), "09:05");
  assert.match(when(at(2026, 10, 28, 9, 5), "en", NOW), /Nov 28.*09:05/);
  assert.equal(when(at(2025, 10, 28, 9, 5), "en", NOW), "Nov 28, 2025");
  assert.match(exactly(at(2025, 10, 28, 9, 5), "en"), /November 28, 2025.*9:05:00/);
});
