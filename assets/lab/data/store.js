// What the page knows of a run: the columns, probes and events the frames brought.

const KEPT_LARGE_PROBES = 400;

/** A column of numbers that grows at its end. */
export class Column {
  constructor() {
    this.data = new Float64Array(1024);
    this.length = 0;
  }

  extend(values) {
    const end = this.length + values.length;
    if (end > this.data.length) {
      const grown = new Float64Array(Math.max(end, 2 * this.data.length));
      grown.set(this.view());
      this.data = grown;
    }
    this.data.set(values, this.length);
    this.length = end;
  }

  view() {
    return this.data.subarray(0, this.length);
  }

  last() {
    return this.length ? this.data[this.length - 1] : NaN;
  }
}

const NO_VALUES = new Float64Array(0);

class Table {
  constructor() {
    this.columns = new Map();
  }

  extend(name, values) {
    if (!this.columns.has(name)) this.columns.set(name, new Column());
    this.columns.get(name).extend(values);
  }

  has(name) {
    return this.columns.has(name);
  }

  view(name) {
    return this.columns.get(name)?.view() ?? NO_VALUES;
  }

  last(name) {
    return this.columns.get(name)?.last() ?? NaN;
  }
}

class Arm {
  constructor() {
    this.rows = new Table();
    this.tests = new Table();
    this.probes = new Map(); // name -> [{step, shape, values}], in order of step
  }

  addProbe({name, step, shape, values}) {
    if (!this.probes.has(name)) this.probes.set(name, []);
    const kept = this.probes.get(name);
    const at = kept.findLastIndex((probe) => probe.step <= step);
    if (at >= 0 && kept[at].step === step) kept[at] = {step, shape, values: values.slice()};
    else kept.splice(at + 1, 0, {step, shape, values: values.slice()});
    if (values.length > 16 && kept.length > KEPT_LARGE_PROBES)
      kept.splice(0, kept.length, ...kept.filter((_, i) => i % 2));
  }
}

/** Whether what is called so is measured by a test; else it is of every step. */
export function isTest(name) {
  return name.startsWith("test_");
}

/** The table of an arm that has what is called so. */
export function tableOf({tests, rows}, name) {
  return isTest(name) ? tests : rows;
}

/** One run as the page sees it. */
export class Store {
  constructor() {
    this.run = null;
    this.arms = [];
    this.events = [];
    this.failures = [];
    this.remarks = [];
    this.head = {};
    this.looks = []; // the steps after which the inside is known
    this.recalled = new Set(); // of these, those after which it is here whole
  }

  get step() {
    return this.head.step ?? 0;
  }

  get steps() {
    return this.head.steps ?? 0;
  }

  get state() {
    return this.head.state ?? null;
  }

  /** Takes a snapshot: the same run keeps the larger probes already held, which a snapshot leaves out. */
  static fromSnapshot(header, arrays, before) {
    const store = new Store();
    store.run = header.run;
    store.arms = header.spec.arms.map(() => new Arm());
    if (before?.run === header.run) {
      for (const [index, arm] of before.arms.entries()) store.arms[index].probes = arm.probes;
      store.recalled = before.recalled;
    }
    store.add(header, arrays);
    return store;
  }

  /** Adds what a frame brings; true if there is a new event, failure or remark in it. */
  add(header, arrays) {
    const {events = [], failures = [], remarks = [], looks, arrays: _arrays, type: _type, ...rest} = header;
    Object.assign(this.head, rest);
    this.events.push(...events);
    this.failures.push(...failures);
    this.remarks.push(...remarks);
    if (looks) this.looks = looks;
    for (const array of arrays) {
      const arm = this.arms[array.arm];
      if (!arm) continue;
      if (array.group === "row") arm.rows.extend(array.name, array.values);
      else if (array.group === "test") arm.tests.extend(array.name, array.values);
      else if (array.group === "probe") {
        arm.addProbe(array);
        if (array.step > (this.looks.at(-1) ?? 0)) this.looks.push(array.step);
      }
    }
    return events.length + failures.length + remarks.length > 0;
  }

  /** Takes the probes that were newest after a step. */
  hold(step, arrays) {
    for (const array of arrays) this.arms[array.arm]?.addProbe(array);
    this.recalled.add(step);
  }

  /** The last step up to `step` after which the inside is known, or else the first; null without any. */
  lookAt(step) {
    return this.looks[Math.max(0, lastAtMost(this.looks, step))] ?? null;
  }

  /** The shared settings and an arm's knobs right after `step`. */
  valuesAt(arm, step) {
    const values = {...this.spec.settings, ...this.spec.arms[arm].knobs};
    for (const event of this.events)
      if (event.step <= step && (event.arm === arm || event.arm === null)) values[event.name] = event.value;
    return values;
  }

  /** The probe of an arm at or before `step` (Infinity: the newest), or null. */
  probe(arm, name, step = Infinity) {
    const kept = this.arms[arm]?.probes.get(name);
    return kept?.findLast((probe) => probe.step <= step) ?? kept?.[0] ?? null;
  }

  /** Steps and values of anything that is one number a step: a row column, a test column, or a small probe. */
  series(arm, name) {
    const {rows, tests, probes} = this.arms[arm];
    if (rows.has(name)) return {steps: rows.view("step"), values: rows.view(name)};
    if (tests.has(name)) return {steps: tests.view("step"), values: tests.view(name)};
    const kept = probes.get(name) ?? [];
    return {steps: Float64Array.from(kept, (p) => p.step), values: Float64Array.from(kept, (p) => p.values[0])};
  }

  /** A function from steps of an arm to the x axis: "step", "epoch" or "seconds". */
  axis(arm, unit) {
    if (unit === "epoch") return (step) => step / this.head.steps_per_epoch;
    if (unit === "step") return (step) => step;
    const steps = this.arms[arm].rows.view("step");
    const seconds = this.arms[arm].rows.view("elapsed_s");
    return (step) => interpolate(steps, seconds, step);
  }

  /** Where the x axis ends: the planned length, estimated from the pace so far for seconds. */
  axisEnd(unit) {
    if (unit === "epoch") return this.steps / this.head.steps_per_epoch;
    if (unit === "step") return this.steps;
    const ends = this.arms.map((arm) => (arm.rows.last("elapsed_s") / arm.rows.last("step")) * this.steps);
    const known = ends.filter((end) => Number.isFinite(end) && end > 0);
    return known.length ? niceAbove(Math.max(...known)) : 1;
  }

  /** The steps between two places of the x axis. */
  stepsBetween(unit, from, to) {
    const scale = this.steps / this.axisEnd(unit);
    return [from * scale, to * scale];
  }

  /** The value of a knob in an arm (null: a setting) over the steps, as the corners of a staircase. */
  stairs(arm, name) {
    const corners = [[0, this.spec.arms[arm].knobs[name] ?? this.spec.settings[name]]];
    for (const event of this.events) {
      if (event.name !== name || (event.arm !== arm && event.arm !== null)) continue;
      corners.push([event.step, corners.at(-1)[1]], [event.step, event.value]);
    }
    corners.push([this.step, corners.at(-1)[1]]);
    return corners;
  }

  get spec() {
    return this.head.spec;
  }

  failure(arm) {
    return this.failures.find((failure) => failure.arm === arm) ?? null;
  }
}

function niceAbove(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return (
    [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].map((factor) => factor * unit).find((edge) => edge >= value * 1.02) ??
    12 * unit
  );
}

/** The index of the last of ascending `values` that is at most `value`, or -1. */
export function lastAtMost(values, value) {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function interpolate(xs, ys, x) {
  const at = lastAtMost(xs, x);
  if (at < 0) return xs.length ? (ys[0] * x) / xs[0] : 0;
  if (at === xs.length - 1) return ys[at];
  const share = (x - xs[at]) / (xs[at + 1] - xs[at]);
  return ys[at] + share * (ys[at + 1] - ys[at]);
}
