import assert from "node:assert/strict";
import {test} from "node:test";
import {isBeside, Pictures, placed, sheetOf, toned} from "../../../assets/lab/panels/sheet.js";
import {labOf, near, runOf, THEME} from "../lab.js";

const PICTURES = [[1, [0, 1, 0, 1], [1, 2, 2]]];
const RUN = runOf([{probes: {p: PICTURES}}, {probes: {p: PICTURES}}, {}]);
const pictures = (declared, more = {}, run = RUN) => new Pictures(labOf(run, more), {array: "p", ...declared}, {});
const labels = (panel) => panel.shown().map(({arm}) => arm.label);

test("every arm that has pictures shows them; a preview is of the arm that the knobs move", () => {
  assert.deepEqual([labels(pictures({arms: "all"})), labels(pictures({}))], [["base", "one"], ["one"]]);
  const preview = new Map([["p", {values: [1], shape: [1, 1, 1]}]]);
  assert.deepEqual(labels(pictures({arms: "all", preview: true}, {preview})), ["one"]);
  assert.deepEqual(labels(pictures({preview: true}, {preview}, labOf().store)), ["one"]);
  assert.deepEqual(labels(pictures({arms: "all"}, {preview}, labOf().store)), []);
  const empty = (panel) => panel.empty(panel.shown());
  assert.deepEqual(
    [empty(pictures({})), empty(pictures({array: "q"})), empty(pictures({}, {}, labOf().store))],
    ["", "lab.empty.soon", "lab.empty.panel"],
  );
});

test("pictures stand in rows with a dot between them", () => {
  const sheet = sheetOf([5, 4, 6], 3); // each 6 wide and 4 tall
  assert.deepEqual([sheet.across, sheet.down, sheet.width, sheet.height], [20, 9, 6, 4]);
  assert.deepEqual(
    [sheet.place(0), sheet.place(2), sheet.place(4)],
    [
      [0, 0],
      [14, 0],
      [7, 5],
    ],
  );
  assert.deepEqual([sheetOf([2, 4, 6], 3).across, sheetOf([2, 4, 6], 3).down], [13, 4]);
});

test("sheets stand side by side where they are larger so", () => {
  const sheet = {across: 10, down: 10};
  assert.equal(isBeside(2, sheet, {width: 200, height: 100}), true);
  assert.equal(isBeside(2, sheet, {width: 100, height: 200}), false);
  assert.equal(isBeside(2, sheet, {width: 100, height: 100}), false); // alike
  assert.equal(isBeside(2, {across: 40, down: 10}, {width: 200, height: 100}), false);
  assert.equal(isBeside(3, {across: 10, down: 40}, {width: 150, height: 100}), true);
});

test("a value's tone lies between the ground and the text, over the span; a mask is lit in the accent", () => {
  const tones = (values, span) => {
    const bytes = toned(values, span, THEME);
    return Array.from(values, (_, i) => [...bytes.slice(4 * i, 4 * i + 4)]);
  };
  assert.deepEqual(tones([2, 4, 3]), [
    [255, 255, 255, 255],
    [0, 0, 0, 255],
    [128, 128, 128, 255],
  ]);
  assert.deepEqual(tones([0, 0.5, 2], [0, 1]), [
    [255, 255, 255, 255],
    [128, 128, 128, 255],
    [0, 0, 0, 255],
  ]);
  assert.deepEqual(tones([0, 1]), [
    [221, 221, 221, 255],
    [0, 0, 255, 255],
  ]);
  assert.deepEqual(tones([0, 1], [0, 1]), [
    [255, 255, 255, 255],
    [0, 0, 0, 255],
  ]);
  assert.deepEqual(tones([5, 5])[0], [255, 255, 255, 255]); // all alike
});

test("boxes are drawn with a rim, the first on top in the arm's color, and those without a size not", () => {
  const boxes = (...values) => [[1, values, [values.length / 4, 4]]];
  const run = runOf([
    {},
    {
      probes: {
        one: boxes(0.5, 0.5, 0.5, 1, 0.5, 0.5, 0, 1, 0.5, 0.5, 1, 0),
        two: boxes(0.5, 0.5, 1, 1),
        three: boxes(0, 0, 1, 1),
      },
    },
  ]);
  const panel = pictures({boxes: ["one", "two", "three", "none"]}, {}, run);
  const strokes = panel.strokes({index: 1}, sheetOf([3, 4, 8], 2));
  const look = ({color, line, dash}) => [color, line, dash];
  assert.deepEqual(strokes.map(look), [
    ["#ffffff", 1.2, [0.6, 1.2]],
    ["#000000", 0.6, [0.6, 1.2]],
    ["#ffffff", 1.2, [2, 1.5]],
    ["#000000", 0.6, [2, 1.5]],
    ["#ffffff", 2, []],
    ["#0000ff", 1, []],
  ]);
  assert.deepEqual(
    [strokes[0].rect, strokes[2].rect, strokes[5].rect],
    [
      [-4, -2, 8, 4],
      [0, 0, 8, 4],
      [2, 0, 4, 4],
    ],
  );
  assert.deepEqual(strokes[5].clip, [0, 0]);
  const second = runOf([{}, {probes: {one: boxes(0, 0, 0, 0, 0.25, 0.5, 0.5, 0.5)}}]);
  const [{rect, clip}] = pictures({boxes: ["one"]}, {}, second).strokes({index: 1}, sheetOf([2, 4, 8], 2));
  assert.deepEqual(
    [rect, clip],
    [
      [9, 1, 4, 2],
      [9, 0],
    ],
  );
  assert.deepEqual(pictures({}).strokes({index: 1}, sheetOf([3, 4, 8], 2)), []);
});

test("a saved picture has the sheets as they are seen, a letter apart, with room for their names", () => {
  const sizes = [
    {width: 300, height: 100},
    {width: 200, height: 50},
  ];
  assert.deepEqual(placed(sizes, {beside: true, font: 10}), {
    room: 15,
    width: 510,
    height: 115,
    corners: [
      [0, 0],
      [310, 0],
    ],
  });
  assert.deepEqual(placed(sizes, {beside: false, font: 10}), {
    room: 15,
    width: 360,
    height: 190,
    corners: [
      [0, 0],
      [0, 125],
    ],
  });
  assert.deepEqual(placed([{width: 400, height: 80}], {beside: false, font: 10}), {
    room: 0,
    width: 400,
    height: 80,
    corners: [[0, 0]],
  });
  near(placed([...sizes, sizes[0]], {beside: true, font: 10}).corners[2], [520, 0]);
});
