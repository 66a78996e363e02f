// Arithmetic on curves before they are drawn: smoothing, thinning, ranges.

/**
 * A mean over about `window` steps, right at any spacing of the steps; gaps stay gaps.
 *
 * Values on both sides weigh exp(-2 distance / window), so that the mean does not lag behind a falling curve; at the
 * ends it is of one side.
 */
export function smooth(steps, values, window) {
  const sums = new Float64Array(values.length);
  const weights = new Float64Array(values.length);
  const pass = (from, direction) => {
    let sum = 0;
    let weight = 0;
    let spacing = 1;
    let kept = Math.exp(-2 / window);
    for (let i = from; i >= 0 && i < values.length; i += direction) {
      if (!Number.isFinite(values[i])) continue;
      const gap = Math.abs(steps[i] - (steps[i - direction] ?? steps[i]));
      if (gap !== spacing) kept = Math.exp((-2 * gap) / window);
      spacing = gap;
      sum = sum * kept + values[i];
      weight = weight * kept + 1;
      sums[i] += sum;
      weights[i] += weight;
    }
  };
  pass(0, 1);
  pass(values.length - 1, -1);
  return sums.map((sum, i) => (Number.isFinite(values[i]) ? sum / weights[i] : values[i]));
}

/**
 * Steps worth drawing, common to all curves so that a hover compares them at the same step: the lowest and highest
 * point of each of `count` stretches between `from` and `to`, of every curve, and the ends.
 */
export function thin(curves, from, to, count) {
  const chosen = new Set();
  for (const {steps, values} of curves) {
    const inside = steps.length && steps.length <= 2 * count;
    const width = (to - from) / count;
    let stretch = null; // that before `from` is -1
    let low = -1;
    let high = -1;
    const flush = () => {
      if (low >= 0) chosen.add(steps[low]).add(steps[high]);
    };
    for (let i = 0; i < steps.length; i += 1) {
      if (inside) {
        chosen.add(steps[i]);
        continue;
      }
      if (steps[i] < from - width || steps[i] > to + width) continue;
      const at = Math.floor((steps[i] - from) / width);
      if (at !== stretch) {
        flush();
        stretch = at;
        low = high = i;
      } else {
        if (values[i] < values[low]) low = i;
        if (values[i] > values[high]) high = i;
      }
    }
    flush();
    if (steps.length) chosen.add(steps[0]).add(steps[steps.length - 1]);
  }
  return chosen;
}

/** The points of a curve at the chosen steps. */
export function pick({steps, values}, chosen) {
  const at = [];
  for (let i = 0; i < steps.length; i += 1) if (chosen.has(steps[i])) at.push(i);
  return {steps: Float64Array.from(at, (i) => steps[i]), values: Float64Array.from(at, (i) => values[i])};
}

/**
 * Lowest and highest value worth showing, or null. Rare peaks among many values may be cut off, but never the first and
 * the last; a curve that ended by blowing up (`ended`) does not flatten the others.
 */
export function extent(curves, log) {
  let low = Infinity;
  let high = -Infinity;
  for (const {values, ended} of curves) {
    const last = values.at(-1);
    const shown = Float64Array.from(values).filter((value) => Number.isFinite(value) && (!log || value > 0));
    if (!shown.length) continue;
    const first = shown[0];
    shown.sort();
    const usual = shown[Math.ceil((ended ? 0.5 : 0.98) * (shown.length - 1))];
    const most = log ? 3 * usual : usual + 0.5 * Math.abs(usual);
    const newest = ended || !Number.isFinite(last) ? first : last;
    low = Math.min(low, shown[0]);
    high = Math.max(high, Math.min(shown[shown.length - 1], Math.max(most, first, newest)));
  }
  if (low > high) return null;
  return log && high < 1.1 * low ? [low / 1.05, high * 1.05] : [low, high]; // there are numbers to read on its axis
}

/** A range kept calm: it follows the data at most once a second, with room to spare, and never while zoomed. */
export class CalmRange {
  constructor() {
    this.reset();
  }

  reset() {
    this.range = null;
    this.changed = 0;
  }

  /** The range to draw with, for data between `low` and `high` (in axis units: logarithms on a log axis). */
  follow([low, high], now, limits = [-Infinity, Infinity]) {
    const span = low === 0 && high === 0 ? 1 : Math.max(high - low, 1e-9, Math.abs(high) * 0.02); // all zero: no 5e-11
    const wanted = [Math.max(low - 0.06 * span, limits[0]), Math.min(high + 0.08 * span, limits[1])];
    if (!this.range) {
      this.range = wanted;
      this.changed = now;
      return this.range;
    }
    const [bottom, top] = this.range;
    const outside = low < bottom || high > top;
    const loose = span < 0.6 * (top - bottom);
    if ((outside || loose) && now - this.changed >= 1000) {
      // Room below and above for what comes next, where it has just been outgrown.
      const room = 0.15 * span;
      const lower = low < bottom ? Math.max(wanted[0] - room, limits[0]) : wanted[0];
      const upper = high > top ? Math.min(wanted[1] + room, limits[1]) : wanted[1];
      this.range = [lower, upper];
      this.changed = now;
    }
    return this.range;
  }
}

/**
 * Where a log axis over `range` (logarithms) has its numbers: at powers of ten where there are three, else at 1, 2 and 5
 * times them, else at even steps.
 */
export function logTicks([low, high]) {
  const inside = (values) => values.filter((value) => Math.log10(value) >= low && Math.log10(value) <= high);
  const stride = Math.max(1, Math.ceil((high - low) / 6));
  const first = Math.floor(low / stride) * stride;
  const powers = Array.from({length: Math.ceil((high - first) / stride) + 1}, (_, i) => 10 ** (first + i * stride));
  const several = [powers, powers.flatMap((power) => [power, 2 * power, 5 * power])].map(inside);
  const found = several.find((values) => values.length >= 3);
  if (found || stride > 1) return found ?? several[0];
  const [from, to] = [10 ** low, 10 ** high];
  if (!(to - from > 1e-12 * to)) return [from];
  const unit = 10 ** Math.floor(Math.log10((to - from) / 3));
  const step = [5, 2, 1].map((factor) => factor * unit).find((size) => size <= (to - from) / 3);
  const start = Math.ceil(from / step);
  return inside(Array.from({length: Math.floor(to / step) - start + 1}, (_, i) => (start + i) * step));
}

/** Positions pushed apart to at least `gap`, each as near as may be to where it was. */
export function spread(positions, gap, low, high) {
  const order = positions.map((_, i) => i).sort((a, b) => positions[a] - positions[b]);
  const out = positions.slice();
  for (let i = 1; i < order.length; i += 1) {
    out[order[i]] = Math.max(out[order[i]], out[order[i - 1]] + gap);
  }
  const over = order.length ? out[order.at(-1)] - high : 0;
  if (over > 0) {
    out[order.at(-1)] -= over;
    for (let i = order.length - 2; i >= 0; i -= 1) out[order[i]] = Math.min(out[order[i]], out[order[i + 1]] - gap);
  }
  return out.map((position) => Math.max(position, low));
}
