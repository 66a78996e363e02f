// A page's state as charts, panels and tables ask for it, with numbers that are easily worked out.

import {Reach} from "../../assets/lab/data/reach.js";
import {Store} from "../../assets/lab/data/store.js";

export const THEME = {
  dark: false,
  text: "#000000",
  ground: "#ffffff",
  muted: "#777777",
  grid: "#eeeeee",
  axis: "#bbbbbb",
  soft: "#dddddd",
  accent: "#0000ff",
  arms: ["#808080", "#0000ff", "#ff0000", "#00ff00"],
  groups: ["#0000ff", "#ff8000"],
  family: "serif",
};
export const METRICS = [
  {name: "test_loss", label: "loss", better: "lower"},
  {name: "test_accuracy", label: "accuracy", better: "higher"},
];

/** The key and the values of what is said, so that a test sees both. */
export function t(key, values = {}) {
  return [key, ...Object.values(values)].join(" ");
}

/**
 * A run: of each arm its `rows` and `tests` (columns by name) and its `probes` (`[step, values, shape]` by name).
 *
 * @param {{rows: object, tests: object, probes: object, knobs: object, tricks: string[]}[]} arms
 * @param {object} head what the header says beside
 */
export function runOf(arms, {step = 4, steps = 10, events = [], failures = [], remarks = [], ...head} = {}) {
  const settings = head.settings ?? {};
  const spec = {settings, arms: arms.map(({knobs = {}, tricks = []}) => ({knobs, tricks}))};
  const columns = (group, arm, found = {}) =>
    Object.entries(found).map(([name, values]) => ({group, arm, name, values: Float64Array.from(values)}));
  const probes = (arm, found = {}) =>
    Object.entries(found).flatMap(([name, kept]) =>
      kept.map(([at, values, shape = [values.length]]) => {
        return {group: "probe", arm, name, step: at, shape, values: Float64Array.from(values)};
      }),
    );
  const arrays = arms.flatMap((one, arm) => [
    ...columns("row", arm, one.rows),
    ...columns("test", arm, one.tests),
    ...probes(arm, one.probes),
  ]);
  const called = ["base", "one", "two", "three"].slice(0, arms.length);
  const header = {run: "r", spec, step, steps, steps_per_epoch: 2, called, state: "running", ...head};
  return Store.fromSnapshot({...header, events, failures, remarks}, arrays, null);
}

/** A page: `store` and whatever else is asked of it. */
export function labOf(store = new Store(), more = {}) {
  return {
    t,
    store,
    font: 10,
    present: false,
    theme: THEME,
    view: {x: "step", smooth: 1, ghost: false},
    past: null,
    cursor: null,
    cursorAt: null,
    ghost: null,
    selected: 1,
    labelsTraces: false,
    steps: 10,
    metric: "test_loss",
    preview: new Map(),
    painter: {wake() {}},
    races: [],
    config: {trick: "trick", app: "App", title: "Trick", metrics: METRICS, judged: "test_loss", labels: {}, titles: {}},
    name: (name) => `<${name}>`,
    symbol: (name) => name[0],
    valueText: (name, value) => `${name}=${value}`,
    knobsText: (knobs) => Object.entries(knobs).join(),
    plannedEnd: () => 20,
    nowAt: () => 4,
    ticket: (run) => run,
    waitingText: () => "waiting",
    wheel: "steer",
    looksOn: false,
    isDead: () => false,
    reach: new Reach(),
    labels: () => store.head.called ?? [],
    arms: () => (store.head.called ?? ["base", "one"]).map((label, index) => ({index, label})),
    ...more,
  };
}

/** What plotly.js is given, with plain lists in place of typed arrays, and without what is undefined. */
export function plain(value) {
  return JSON.parse(JSON.stringify(value, (_, one) => (ArrayBuffer.isView(one) ? Array.from(one) : one)));
}

/** That two numbers, or lists of them, are the same but for rounding. */
export function near(found, expected) {
  const [one, other] = [found, expected].map((value) => [value].flat(9));
  const alike = one.length === other.length && one.every((value, i) => Math.abs(value - other[i]) < 1e-9);
  if (!alike) throw new Error(`${JSON.stringify(found)} is not ${JSON.stringify(expected)}`);
}
