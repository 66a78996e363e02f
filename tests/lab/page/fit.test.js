import assert from "node:assert/strict";
import {test} from "node:test";
import {fontOf, heightOf} from "../../../assets/lab/page/fit.js";

/** An element whose top is so far below the window's, in a page that was scrolled so far. */
function rootAt(top, {scrolled = 0, frame = null, height = 900} = {}) {
  const place = (y) => () => ({top: y});
  const page = {
    overflowY: "visible",
    scrollTop: frame === null ? scrolled : 7,
    getBoundingClientRect: place(-scrolled),
  };
  const outer = {overflowY: "auto", scrollTop: 5, getBoundingClientRect: place(0), parentElement: page};
  const scroller = {
    overflowY: "scroll",
    scrollTop: scrolled,
    getBoundingClientRect: place(frame),
    parentElement: outer,
  };
  const above = {overflowY: "hidden", parentElement: frame === null ? page : scroller};
  globalThis.innerHeight = height;
  globalThis.document = {documentElement: page};
  globalThis.getComputedStyle = (element) => element;
  return {parentElement: above, getBoundingClientRect: place(top)};
}

test("a lab is as high as what is left of the screen below its heading", () => {
  assert.equal(heightOf(rootAt(200), false), 636);
  assert.equal(heightOf(rootAt(100, {scrolled: 100}), false), 636);
  assert.equal(heightOf(rootAt(200), true), 684);
});

test("it counts from the top of what scrolls, however far that was scrolled", () => {
  assert.equal(heightOf(rootAt(200, {frame: 50, scrolled: 30}), false), 656);
  assert.equal(heightOf(rootAt(170, {frame: 50, scrolled: 60}), false), 656);
});

test("a heading takes no more than half of the screen", () => {
  assert.equal(heightOf(rootAt(2000), true), 434);
  assert.equal(heightOf(rootAt(2000, {height: 901}), true), 435);
});

test("it is neither too small to be read nor endless", () => {
  assert.equal(heightOf(rootAt(2000, {height: 600}), false), 560);
  assert.equal(heightOf(rootAt(2000, {height: 600}), true), 360);
  assert.equal(heightOf(rootAt(0, {height: 3000}), false), 1100);
  assert.equal(heightOf(rootAt(0, {height: 5000}), true), 4000);
});

test("letters for a projector are a share of the screen", () => {
  globalThis.innerHeight = 901;
  assert.deepEqual([fontOf(true), fontOf(false)], [21, 12]);
  globalThis.innerHeight = 700;
  assert.equal(fontOf(true), 18);
});
