// What the page knows of a study over seeds: its header, each seed's curves and last values, and the bands over them.

/** One study as the page sees it. */
export class Study {
  constructor() {
    this.head = {};
    this.curves = new Map(); // point, arm, name -> Map seed -> {steps, values}
    this.finals = new Map(); // point, arm, name -> Map seed -> value
    this.bands = new Map(); // what, point, arm, name -> {steps, mean, low, high}
  }

  /** The study's id, or null where there is none. */
  get run() {
    return this.head.study ?? null;
  }

  get state() {
    return this.head.state ?? null;
  }

  get going() {
    return this.state === "running";
  }

  /** Takes what a frame brings. */
  add(header, arrays) {
    const {arrays: _arrays, type: _type, fresh: _fresh, ...rest} = header;
    Object.assign(this.head, rest);
    for (const {group, arm, name, point = 0, of: what = "", seed, axis, values} of arrays) {
      if (group === "band") Object.assign(entry(this.bands, [what, point, arm, name], {}), {[axis]: values});
      else if (group === "final") entry(this.finals, [point, arm, name], new Map()).set(seed, values[0]);
      else if (group === "seed") {
        const seeds = entry(this.curves, [point, arm, name], new Map());
        seeds.set(seed, {...seeds.get(seed), [axis]: values});
      }
    }
  }

  /** The curves of a metric, by seed. */
  seeds(arm, name, point = 0) {
    return this.curves.get([point, arm, name].join()) ?? new Map();
  }

  /** The last values of a metric, by seed. */
  last(arm, name, point = 0) {
    return this.finals.get([point, arm, name].join()) ?? new Map();
  }

  band(arm, name, point = 0) {
    return this.bands.get(["", point, arm, name].join()) ?? null;
  }

  /** The band of an arm's paired differences to the first. */
  difference(arm, name) {
    return this.bands.get(["difference", 0, arm, name].join()) ?? null;
  }

  /** An arm's curve less the first arm's of the same seed, by seed, where they have the same steps. */
  differences(arm, name) {
    const first = this.seeds(0, name);
    const found = new Map();
    for (const [seed, {steps, values}] of this.seeds(arm, name)) {
      const other = first.get(seed);
      if (!other || other.steps.length !== steps.length) continue;
      found.set(seed, {steps, values: values.map((value, i) => value - other.values[i])});
    }
    return found;
  }

  /** What is told of a metric at the points of a sweep. */
  response(metric) {
    return (this.head.response ?? []).filter((row) => row.metric === metric);
  }
}

/** The mean of what is finite. */
export function meanOf(values) {
  const finite = values.filter((value) => Number.isFinite(value));
  return finite.length ? finite.reduce((sum, value) => sum + value, 0) / finite.length : NaN;
}

function entry(map, parts, empty) {
  const key = parts.join();
  if (!map.has(key)) map.set(key, empty);
  return map.get(key);
}
