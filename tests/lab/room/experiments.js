// Experiments of a room, as the server tells of them, for tests.

export const LEVEL = {
  name: "b",
  label: "level",
  symbol: "b",
  low: 0,
  high: 1,
  choices: [],
  integer: false,
  scale: "linear",
  value: 0.5,
  arm: 1,
};

export const RATE = {...LEVEL, name: "r", label: "rate", symbol: "r", value: 0.1, values: [0.01, 0.1, 1]};

/** One over seeds that goes on, with `more` of it otherwise. */
export function experimentOf(more = {}) {
  return {
    number: 1,
    step: 0,
    kind: "seeds",
    stage: "begun",
    knobs: [],
    named: more.knobs ?? [],
    own: 5,
    seeds: 1,
    study: "s1",
    places: 8,
    given: 0,
    state: "running",
    done: 2,
    total: 8,
    eta_s: 40,
    begun: 4,
    active: [2, 3],
    metric: "test loss",
    better: "lower",
    called: ["baseline", "trick"],
    verdict: "",
    ...more,
  };
}

/** One that takes choices. */
export function bidsOf(more = {}) {
  const {number, step, study, places} = experimentOf({study: "", places: 0});
  return {
    number,
    step,
    kind: "settings",
    stage: "bids",
    knobs: ["b"],
    named: ["b"],
    own: 0,
    seeds: 1,
    study,
    places,
    given: 1,
    state: "",
    ...more,
  };
}

/** What came of a student's part. */
export function triedOf(more = {}) {
  return {
    type: "tried",
    experiment: 1,
    place: 3,
    value: 3,
    ended: 1,
    steps: 40,
    called: ["baseline", "trick"],
    finals: [
      {metric: "test loss", values: [0.5, 0.25]},
      {metric: "test accuracy", values: [0.75, 0.875]},
    ],
    curves: [
      {arm: 0, name: "loss", steps: [1, 20, 40], values: [1, 0.75, 0.5]},
      {arm: 1, name: "loss", steps: [1, 20, 40], values: [1, null, 0.25]},
    ],
    ...more,
  };
}
