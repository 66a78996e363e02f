import assert from "node:assert/strict";
import {test} from "node:test";
import {CalmRange, extent, logTicks, pick, smooth, spread, thin} from "../../../assets/lab/data/series.js";

const range = (count, at = (i) => i) => Float64Array.from({length: count}, (_, i) => at(i));
const near = (found, expected, tolerance = 1e-9) =>
  assert.ok(Math.abs(found - expected) <= tolerance, `${found} is not ${expected}`);

/** What `smooth` promises, written as its definition: weights exp(-2 distance / window) on both sides. */
function defined(steps, values, window) {
  return values.map((own, i) => {
    if (!Number.isFinite(own)) return own;
    let sum = 0;
    let weight = 0;
    for (let j = 0; j < values.length; j += 1) {
      if (!Number.isFinite(values[j])) continue;
      const w = Math.exp((-2 * Math.abs(steps[i] - steps[j])) / window) * (i === j ? 2 : 1);
      sum += w * values[j];
      weight += w;
    }
    return sum / weight;
  });
}

test("smoothing weighs by exp(-2 distance / window), whatever the spacing", () => {
  const even = range(40, (i) => i + 1);
  const uneven = range(40, (i) => i + 1 + (i % 7) * 0.1 + Math.floor(i / 5) * 3);
  for (const steps of [even, uneven])
    for (const window of [1, 4, 15]) {
      const values = range(40, (i) => Math.sin(i * 1.7) + i / 10);
      const found = smooth(steps, values, window);
      const expected = defined(steps, values, window);
      for (let i = 0; i < 40; i += 1) near(found[i], expected[i]);
    }
});

test("of a single peak, smoothing over 15 steps leaves what 15 steps mean", () => {
  const values = new Float64Array(301);
  values[150] = 1;
  const found = smooth(range(301), values, 15);
  near(found[150] / found[165], 2 * Math.exp(2), 1e-6);
  near(found[150], 1 / (1 + (2 * Math.exp(-2 / 15)) / (2 * (1 - Math.exp(-2 / 15)))), 1e-6);
});

test("gaps stay gaps and weigh nothing", () => {
  const found = smooth(range(5), Float64Array.of(1, NaN, 3, Infinity, 5), 4);
  assert.ok(Number.isNaN(found[1]) && found[3] === Infinity);
  assert.ok(found[0] > 1 && found[4] < 5 && Math.abs(found[2] - 3) < 1e-12);
});

test("thinning keeps each stretch's lowest and highest point and the ends, of every curve", () => {
  const steps = range(1000, (i) => i + 1);
  const values = range(1000, (i) => (i % 100 === 37 ? 9 : i % 100 === 63 ? -9 : 0));
  const chosen = thin([{steps, values}], 1, 1000, 10);
  for (let i = 0; i < 1000; i += 100) assert.ok(chosen.has(i + 38) && chosen.has(i + 64), `stretch ${i}`);
  assert.ok(chosen.has(1) && chosen.has(1000) && chosen.size <= 24);
  const short = {steps: range(8, (i) => 5 * i), values: range(8)};
  assert.deepEqual(
    [...thin([short], 0, 35, 10)].sort((a, b) => a - b),
    [0, 5, 10, 15, 20, 25, 30, 35],
  );
  assert.deepEqual([...thin([{steps: range(0), values: range(0)}], 0, 1, 4)], []);
});

test("thinning leaves out what is not in view, but for a stretch on either side", () => {
  const steps = range(1000, (i) => i + 1);
  const chosen = [...thin([{steps, values: range(1000, (i) => Math.sin(i))}], 400, 500, 10)].sort((a, b) => a - b);
  assert.ok(chosen[0] === 1 && chosen.at(-1) === 1000);
  assert.ok(chosen[1] >= 390 && chosen.at(-2) <= 510 && chosen.length > 12);
});

test("picking takes the points at the chosen steps", () => {
  const {steps, values} = pick({steps: range(5, (i) => 10 * i), values: range(5)}, new Set([10, 30, 99]));
  assert.deepEqual([...steps, ...values], [10, 30, 1, 3]);
});

test("a curve that ended by blowing up does not flatten the others", () => {
  const calm = {values: range(100, (i) => 2 - i / 100)};
  const wild = {values: range(20, (i) => (i < 15 ? 2 : 10 ** i)), ended: true};
  const [low, high] = extent([calm, wild], false);
  near(low, 1.01);
  near(high, 3); // half as much again as its usual value
  assert.ok(extent([calm, {...wild, ended: false}], false)[1] > 1e9);
});

test("a rare peak may be cut off, the start may not", () => {
  const values = range(1000, (i) => (i === 500 ? 100 : 1));
  assert.deepEqual(extent([{values}], false), [1, 1.5]);
  values[0] = 7;
  assert.deepEqual(extent([{values}], false), [1, 7]);
  assert.deepEqual(extent([{values: Float64Array.of(NaN, Infinity)}], false), null);
  assert.deepEqual(extent([], false), null);
});

test("of up to 50 values all are seen, and of more the last, where the curve has not ended", () => {
  assert.deepEqual(extent([{values: Float64Array.of(0.09, 0.18)}], false), [0.09, 0.18]);
  for (const log of [false, true]) {
    for (const count of [2, 3, 49, 50]) {
      for (let at = 0; at < count; at += 1)
        assert.deepEqual(extent([{values: range(count, (i) => (i === at ? 900 : 1))}], log), [1, 900]);
    }
    const values = range(400, (i) => (i === 399 ? 90 : 1));
    assert.deepEqual(extent([{values}], log), [1, 90]);
    assert.ok(extent([{values, ended: true}], log)[1] < 4);
  }
});

test("a log axis takes what is above 0, and has numbers to read", () => {
  const [low, high] = extent([{values: Float64Array.of(-1, 0, 0.5, 0.5)}], true);
  near(low, 0.5 / 1.05);
  near(high, 0.5 * 1.05);
  const peak = range(1000, (i) => (i === 500 ? 100 : 1));
  assert.deepEqual(extent([{values: peak}], true), [1, 3]);
  assert.deepEqual(extent([{values: Float64Array.of(-2, 1, 1, 1)}], false), [-2, 1]);
});

test("a calm range follows at most once a second, with room", () => {
  const calm = new CalmRange();
  const first = calm.follow([0, 10], 0);
  near(first[0], -0.6);
  near(first[1], 10.8);
  assert.deepEqual(calm.follow([0, 20], 999), first);
  const grown = calm.follow([0, 20], 1000);
  near(grown[0], -1.2);
  near(grown[1], 21.6 + 3);
  assert.deepEqual(calm.follow([0, 21], 5000), grown); // still inside
  const fallen = calm.follow([-5, 21], 5000);
  near(fallen[0], -5 - 0.06 * 26 - 0.15 * 26);
  near(fallen[1], 21 + 0.08 * 26);
  near(calm.follow([0, 5], 7000)[1], 5.4); // far too loose
  assert.deepEqual(new CalmRange().follow([0, 0], 0), [-0.06, 0.08]);
  assert.deepEqual(new CalmRange().follow([0, 10], 0, [0, 10]), [0, 10]);
  calm.reset();
  near(calm.follow([0, 1], 7001)[1], 1.08);
});

test("a log axis is read at powers of ten, else at 1, 2 and 5, else at even steps", () => {
  const ticks = (low, high) => logTicks([Math.log10(low), Math.log10(high)]).map((v) => Number(v.toPrecision(6)));
  assert.deepEqual(ticks(0.05, 200), [0.1, 1, 10, 100]);
  assert.deepEqual(ticks(0.9, 25), [1, 2, 5, 10, 20]);
  assert.deepEqual(ticks(2.1, 3.3), [2.2, 2.4, 2.6, 2.8, 3, 3.2]);
  assert.deepEqual(ticks(1e-12, 1), [1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 0.01, 1]);
  assert.equal(ticks(3, 3).length, 1);
});

test("labels are pushed apart, each as little as may be, and stay inside", () => {
  assert.deepEqual(spread([10, 11, 50], 12, 0, 100), [10, 22, 50]);
  assert.deepEqual(spread([50, 10, 11], 12, 0, 100), [50, 10, 22]);
  assert.deepEqual(spread([95, 96], 12, 0, 100), [88, 100]);
  assert.deepEqual(spread([-5], 12, 0, 100), [0]);
  assert.deepEqual(spread([], 12, 0, 100), []);
});

test("of each stretch in view, and of one on either side, the first of equal values is kept", () => {
  const flat = {steps: range(100, (i) => 100 + i), values: new Float64Array(100)};
  const kept = (from, to, count) => [...thin([flat], from, to, count)].sort((a, b) => a - b);
  assert.deepEqual(kept(100, 200, 10), [100, 110, 120, 130, 140, 150, 160, 170, 180, 190, 199]);
  assert.deepEqual(kept(120, 180, 6), [100, 110, 120, 130, 140, 150, 160, 170, 180, 190, 199]);
  assert.deepEqual(kept(140, 160, 2), [100, 130, 140, 150, 160, 170, 199]);
  assert.equal(kept(100, 199, 50).length, 100); // as many as two a stretch: all
  const peak = {...flat, values: range(100, (i) => (i === 97 ? 9 : 0))};
  assert.ok(thin([peak], 100, 200, 10).has(197));
});

test("a calm range stays while the data fill it, wherever it lies", () => {
  const calm = new CalmRange();
  const first = calm.follow([10, 20], 1000);
  near(first[0], 9.4);
  near(first[1], 20.8);
  assert.deepEqual(calm.follow([10, 30], 1999), first); // a second has not passed
  assert.deepEqual(calm.follow(first, 9000), first);
  assert.deepEqual(calm.follow([11, 19], 9000), first);
  near(calm.follow([14, 20], 9000)[0], 14 - 0.36);
  const low = new CalmRange().follow([-5, 0], 0);
  near(low[0], -5.3);
  near(low[1], 0.4);
});

test("there is more room only where the range was outgrown", () => {
  const grown = (data) => {
    const calm = new CalmRange();
    calm.follow([0, 10], 0, [0, 10]);
    return calm.follow(data, 2000);
  };
  const [bottom, top] = grown([0, 20]);
  near(bottom, -1.2);
  near(top, 24.6);
  const [under, over] = grown([-10, 10]);
  near(under, -14.2);
  near(over, 11.6);
});

test("a log axis has three numbers where it can, and room where its values are close", () => {
  assert.deepEqual(logTicks([-2, 0]), [0.01, 0.1, 1]);
  assert.deepEqual(logTicks([Math.log10(15), Math.log10(120)]), [20, 50, 100]);
  const [low, high] = extent([{values: Float64Array.of(2, 2.1)}], true);
  near(low, 2 / 1.05);
  near(high, 2.1 * 1.05);
  assert.deepEqual(extent([{values: Float64Array.of(2, 4)}], true), [2, 4]);
});

test("labels that do not fit are pushed up one after another, and what was given is left as it is", () => {
  const given = [95, 96, 97];
  assert.deepEqual(spread(given, 12, 0, 100), [76, 88, 100]);
  assert.deepEqual(given, [95, 96, 97]);
});
