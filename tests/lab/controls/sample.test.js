import assert from "node:assert/strict";
import {test} from "node:test";
import {sampleOf} from "../../../assets/lab/controls/sample.js";
import {outline} from "../dom.js";

test("the sample of a line is a line of its color and dash, without a color nothing", () => {
  const frame = "svg viewBox=0 0 24 8 class=lab-sample aria-hidden=true";
  assert.equal(outline(sampleOf("#123456", "dash")), `${frame}\n  path d=M0 4h24 stroke=#123456 stroke-dasharray=5 4`);
  assert.equal(outline(sampleOf(undefined, "dash")), frame);
  assert.equal(sampleOf("#123456", "dash").firstChild.namespaceURI, "http://www.w3.org/2000/svg");
});

test("each dash looks otherwise, and a solid line has none", () => {
  const dashes = ["dash", "dot", "dashdot", "longdash", "longdashdot", "solid", "unknown"].map((dash) =>
    sampleOf("#123456", dash).firstChild.getAttribute("stroke-dasharray"),
  );
  assert.deepEqual(dashes.slice(5), ["", ""]);
  assert.equal(new Set(dashes.slice(0, 5)).size, 5);
  const [dash, dot, dashdot, longdash] = dashes.map((text) => text.split(" ").map(Number));
  assert.ok(0 < dot[0] && dot[0] < dash[0] && dash[0] < longdash[0], "from dots to long dashes");
  assert.equal(dashdot.length, 4);
});
