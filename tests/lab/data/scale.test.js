import assert from "node:assert/strict";
import {test} from "node:test";
import {Scale} from "../../../assets/lab/data/scale.js";

test("a place on the slider and a number belong together", () => {
  const even = new Scale({low: 0, high: 0.6});
  assert.deepEqual([even.place(0.3), even.place(-1), even.place(9)], [0.5, 0, 1]);
  assert.deepEqual([even.value(0), even.value(0.5), even.value(1)], [0, 0.3, 0.6]);
  assert.equal(even.value(0.12345), 0.074); // a hundredth of the range is 0.006
  const log = new Scale({low: 0.001, high: 10, scale: "log"});
  assert.ok(Math.abs(log.place(0.1) - 0.5) < 1e-12);
  assert.deepEqual([log.value(0), log.value(0.5), log.value(0.6), log.value(1)], [0.001, 0.1, 0.25, 10]);
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
  assert.equal(new Scale({low: 0, high: 1000, integer: true}).next(500, 1), 520);
});
