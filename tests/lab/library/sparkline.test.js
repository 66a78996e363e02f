import assert from "node:assert/strict";
import {test} from "node:test";
import {paths, sparkline} from "../../../assets/lab/library/sparkline.js";
import "../dom.js";

test("all arms are on one scale, and a gap is a gap", () => {
  assert.deepEqual(
    paths([
      [0, 1, 2],
      [1, null, 2],
    ]),
    ["M2.0 22.0L36.0 12.0L70.0 2.0", "M2.0 12.0M70.0 2.0"],
  );
  assert.deepEqual(paths([[3, 3]]), ["M2.0 22.0L70.0 22.0"]);
  assert.deepEqual(paths([[null, null], [5]]), ["", "M2.0 22.0"]);
  assert.deepEqual(paths([]), []);
});

test("the drawing tells arms apart, and is not read aloud", () => {
  const svg = sparkline([
    [1, 2],
    [null, null],
    [2, 1],
  ]);
  assert.equal(svg.getAttribute("aria-hidden"), "true");
  assert.deepEqual(
    [...svg.querySelectorAll("path")].map((path) => path.getAttribute("data-arm")),
    ["0", "2"],
  );
});
