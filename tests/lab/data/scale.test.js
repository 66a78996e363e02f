import assert from "node:assert/strict";
import {test} from "node:test";
import {
  isIdle,
  logarithmic,
  PLACES,
  placeOf,
  Scale,
  shareOf,
  smoothingAt,
  speedAt,
} from "../../../assets/lab/data/scale.js";

test("a place on the slider and a number belong together", () => {
  const even = new Scale({low: 0, high: 0.6});
  assert.deepEqual([even.place(0.3), even.place(-1), even.place(9)], [0.5, 0, 1]);
  assert.deepEqual([even.value(0), even.value(0.5), even.value(1)], [0, 0.3, 0.6]);
  assert.equal(even.value(0.12345), 0.074); // a hundredth of the range is 0.006
  assert.equal(new Scale({low: 0.5, high: 1.5}).place(1), 0.5);
  const log = new Scale({low: 0.001, high: 10, scale: "log"});
  assert.ok(Math.abs(log.place(0.1) - 0.5) < 1e-12);
  assert.deepEqual(
    [log.value(0), log.value(0.35), log.value(0.5), log.value(0.6), log.value(1)],
    [0.001, 0.025, 0.1, 0.25, 10],
  );
  assert.equal(new Scale({low: 0, high: 1, scale: "log"}).log, false);
  assert.equal(new Scale({low: 2, high: 2}).place(2), 0);
});

test("a key moves a number by a fiftieth, and a whole number by at least one", () => {
  const fine = new Scale({low: 0, high: 1});
  assert.equal(fine.next(0.5, 1), 0.52);
  assert.equal(fine.next(0.5, -5), 0.4);
  assert.equal(fine.next(1, 1), 1);
  const whole = new Scale({low: 1, high: 10, integer: true});
  assert.deepEqual([whole.next(4, 1), whole.next(4, -1), whole.next(10, 1), whole.next(1, -1)], [5, 3, 10, 1]);
  assert.deepEqual([whole.next(4, 5), whole.next(4, -5), whole.next(1, 5)], [9, 1, 6]);
  const wide = new Scale({low: 0, high: 1000, integer: true});
  assert.deepEqual([wide.next(500, 1), wide.next(500, -5)], [520, 400]);
});

test("a slider gives no more digits than its length can tell apart", () => {
  const value = (low, high) => new Scale({low, high}).value(1 / 3);
  assert.deepEqual(
    [value(0, 1), value(0, 10), value(0, 100), value(0, 5000), value(100, 101)],
    [0.33, 3.3, 33, 1667, 100.33],
  );
  assert.equal(new Scale({low: 0, high: 10, integer: true}).value(1 / 3), 3);
  assert.equal(value(0, 1e-14), 0); // twelve digits are the most
  assert.equal(new Scale({low: 0.26, high: 0.94}).value(0), 0.26);
  const ends = new Scale({low: 0.234, high: 9.876}); // the ends themselves have three
  assert.deepEqual([ends.value(0), ends.value(1)], [0.234, 9.876]);
});

test("values are spaced by factors where their middle is nearer that of factors", () => {
  const cases = [
    [[1, 10, 100], true],
    [[1, 2, 3], false],
    [[0.1, 0.2, 0.4, 0.8], true], // of four the second is at a third of the way
    [[1, 2, 3, 4], false],
    [[100, 10, 1], true],
    [[1, 100], false],
    [[0, 1, 10], false],
    [[-1, -10, -100], false],
    [[1, -10, 100], false],
    [[1, 0, 100], false],
    [[1, NaN, 100], false],
    [[5, 5, 5], false],
  ];
  for (const [xs, expected] of cases) assert.equal(logarithmic(xs), expected, `${xs}`);
});

test("a knob is idle unless another has one of certain values, or where one has a certain value", () => {
  const when = ["kind", "a", "b"];
  const unless = ["share", 1];
  assert.deepEqual(
    ["a", "b", "c", "kind"].map((kind) => isIdle({when}, {kind})),
    [false, false, true, true],
  );
  assert.deepEqual([isIdle({unless}, {share: 1}), isIdle({unless}, {share: 0.5})], [true, false]);
  assert.deepEqual(
    [isIdle({when, unless}, {kind: "a", share: 1}), isIdle({when: null, unless: null}, {})],
    [true, false],
  );
});

test("the speed goes by factors from one step a second to a thousand, and then is free", () => {
  assert.deepEqual([0, 32, 64, 96, 97, PLACES].map(speedAt), [1, 10, 100, 1000, null, null]);
  assert.equal(speedAt(50), 37); // 36.5
  assert.deepEqual([1, 10, 100, 1000, null].map(placeOf), [0, 32, 64, 96, PLACES]);
  assert.deepEqual([placeOf(0.1), placeOf(5000), placeOf(37)], [0, 96, 50]);
});

test("smoothing goes by factors from one step to the most", () => {
  assert.deepEqual(
    [0, 0.5, 0.75, 1].map((share) => smoothingAt(share, 400)),
    [1, 20, 89, 400],
  );
  assert.deepEqual(
    [1, 20, 400].map((steps) => shareOf(steps, 400)),
    [0, 0.5, 1],
  );
});
