import assert from "node:assert/strict";
import {test} from "node:test";
import {Column, lastAtMost, Store} from "../../../assets/lab/data/store.js";
import {runOf} from "../lab.js";

const SPEC = {
  settings: {lr: 0.1, width: 8},
  arms: [{knobs: {}}, {knobs: {level: 0.2}}],
};

const row = (arm, name, values) => ({group: "row", arm, name, values: Float64Array.from(values)});
const probe = (arm, name, step, values) => ({group: "probe", arm, name, step, shape: [values.length], values});

function started(extra = {}) {
  const header = {type: "snapshot", run: "id", spec: SPEC, step: 4, steps: 40, steps_per_epoch: 8, state: "running"};
  return Store.fromSnapshot({...header, ...extra}, [
    row(0, "step", [1, 2, 3, 4]),
    row(0, "elapsed_s", [0.1, 0.2, 0.3, 0.4]),
    row(0, "train_loss", [4, 3, 2, 1]),
    row(1, "step", [1, 2, 3, 4]),
    row(1, "elapsed_s", [0.2, 0.4, 0.6, 0.8]),
    {group: "test", arm: 1, name: "step", values: Float64Array.of(2)},
    {group: "test", arm: 1, name: "test_loss", values: Float64Array.of(9)},
    row(7, "train_loss", [1]),
  ]);
}

test("columns grow and keep what they had", () => {
  const column = new Column();
  assert.ok(Number.isNaN(column.last()));
  const expected = [];
  for (let i = 0; i < 5; i += 1) {
    const values = Float64Array.from({length: 700}, (_, k) => 700 * i + k);
    column.extend(values);
    expected.push(...values);
  }
  assert.equal(column.length, 3500);
  assert.deepEqual([...column.view()], expected);
  assert.equal(column.last(), 3499);
});

test("a run is what its frames brought", () => {
  const store = started();
  assert.deepEqual([store.run, store.step, store.steps, store.state, store.arms.length], ["id", 4, 40, "running", 2]);
  assert.deepEqual([...store.series(0, "train_loss").values], [4, 3, 2, 1]);
  assert.deepEqual([...store.series(1, "test_loss").steps, ...store.series(1, "test_loss").values], [2, 9]);
  assert.equal(store.add({step: 5}, [row(0, "train_loss", [0.5])]), false);
  assert.equal(store.series(0, "train_loss").values.length, 5);
  assert.equal(store.step, 5);
  for (const news of ["events", "failures", "remarks"]) assert.equal(started().add({[news]: [{}]}, []), true);
  assert.deepEqual([new Store().step, new Store().steps, new Store().state], [0, 0, null]);
});

test("what was turned is a staircase: an arm's own knobs, and the settings of all", () => {
  const store = started();
  const events = [
    {step: 2, name: "level", value: 0.4, arm: 1},
    {step: 3, name: "lr", value: 0.01, arm: null},
    {step: 3, name: "level", value: 9, arm: 0},
  ];
  store.add({events}, []);
  assert.deepEqual(store.stairs(1, "level"), [
    [0, 0.2],
    [2, 0.2],
    [2, 0.4],
    [4, 0.4],
  ]);
  for (const arm of [0, 1])
    assert.deepEqual(store.stairs(arm, "lr"), [
      [0, 0.1],
      [3, 0.1],
      [3, 0.01],
      [4, 0.01],
    ]);
  assert.deepEqual(store.stairs(1, "width"), [
    [0, 8],
    [4, 8],
  ]);
});

test("axes: steps, epochs, and seconds between the steps that are known", () => {
  const store = started();
  assert.equal(store.axis(0, "step")(3), 3);
  assert.equal(store.axis(0, "epoch")(4), 0.5);
  const seconds = store.axis(1, "seconds");
  assert.ok(Math.abs(seconds(2.5) - 0.5) < 1e-12 && Math.abs(seconds(0.5) - 0.1) < 1e-12 && seconds(99) === 0.8);
  assert.equal(store.axisEnd("step"), 40);
  assert.equal(store.axisEnd("epoch"), 5);
  assert.equal(store.axisEnd("seconds"), 10); // 8 s at this pace, and a round number above
  assert.equal(new Store().axisEnd("seconds"), 1);
});

test("probes are kept in their order, the newest of a step, and found at or before a step", () => {
  const store = started();
  for (const [step, value] of [
    [10, 1],
    [30, 3],
    [20, 2],
    [20, 2.5],
  ])
    store.add({}, [probe(1, "p", step, [value])]);
  const at = (step) => store.probe(1, "p", step)?.values[0];
  assert.deepEqual([at(9), at(10), at(25), at(30), at(Infinity)], [1, 1, 2.5, 3, 3]);
  assert.deepEqual([...store.series(1, "p").steps], [10, 20, 30]);
  assert.deepEqual([...store.series(1, "p").values], [1, 2.5, 3]);
  assert.equal(store.probe(0, "p"), null);
});

test("large probes are thinned, small ones never", () => {
  const store = started();
  for (let step = 1; step <= 401; step += 1) {
    store.add({}, [probe(0, "large", step, new Float64Array(17)), probe(0, "small", step, new Float64Array(16))]);
  }
  assert.equal(store.arms[0].probes.get("large").length, 200);
  assert.equal(store.arms[0].probes.get("small").length, 401);
});

test("a snapshot of the same run keeps the probes, one of another does not", () => {
  const before = started();
  before.add({}, [probe(1, "p", 3, [1])]);
  const header = {run: "id", spec: SPEC};
  assert.equal(Store.fromSnapshot(header, [], before).probe(1, "p").step, 3);
  assert.equal(Store.fromSnapshot({...header, run: "other"}, [], before).probe(1, "p"), null);
});

test("an arm's failure is found", () => {
  const store = started();
  store.add({failures: [{arm: 1, step: 3}]}, []);
  assert.equal(store.failure(1).step, 3);
  assert.equal(store.failure(0), null);
});

test("the last value that is at most another", () => {
  const values = Float64Array.of(1, 3, 5, 7);
  assert.deepEqual(
    [0, 1, 2, 5, 6, 99].map((value) => lastAtMost(values, value)),
    [-1, 0, 0, 2, 2, 3],
  );
});

test("what nobody sent is empty, and what is sent for something unknown is passed over", () => {
  const store = started();
  const {rows} = store.arms[0];
  assert.deepEqual([rows.view("none").length, rows.last("none"), rows.last("train_loss")], [0, NaN, 1]);
  assert.equal(store.series(0, "none").values.length, 0);
  store.add({}, [{group: "preview", arm: 0, name: "p", step: 1, shape: [1], values: [1]}]);
  assert.equal(store.probe(0, "p"), null);
  assert.equal(store.probe(9, "p"), null);
  const fresh = new Store();
  assert.deepEqual([fresh.arms, fresh.events, fresh.failures, fresh.remarks], [[], [], [], []]);
  store.add({remarks: [{step: 1, text: "a"}]}, []);
  store.add({remarks: [{step: 2, text: "b"}]}, []);
  assert.deepEqual(
    store.remarks.map(({text}) => text),
    ["a", "b"],
  );
});

test("a probe is kept apart from the frame that brought it", () => {
  const store = started();
  const values = Float64Array.of(1);
  store.add({}, [probe(1, "p", 3, values)]);
  values[0] = 2;
  assert.equal(store.probe(1, "p").values[0], 1);
  store.add({}, [probe(1, "p", 3, values)]); // the same step again
  values[0] = 4;
  assert.deepEqual([store.probe(1, "p").values[0], [...store.series(1, "p").steps]], [2, [3]]);
  assert.equal(started().series(1, "test_loss").steps[0], 2);
});

test("where the seconds will end is a round number above the slowest arm's", () => {
  const end = (...seconds) => {
    const spec = {settings: {}, arms: seconds.map(() => ({knobs: {}}))};
    const arrays = seconds.flatMap((at, arm) =>
      at === null ? [] : [row(arm, "step", [1]), row(arm, "elapsed_s", [at])],
    );
    return Store.fromSnapshot({run: "r", spec, steps: 10}, arrays).axisEnd("seconds");
  };
  assert.deepEqual([end(1), end(1, 0.2), end(0.98), end(1.3), end(0.1)], [12, 12, 10, 15, 1.2]);
  assert.deepEqual([end(9.9), end(98), end(0.123)], [120, 1000, 1.5]);
  assert.deepEqual([end(null), end(0), end(1, null)], [1, 1, 12]);
});

test("seconds between known steps, and before the first, are in proportion", () => {
  const spec = {settings: {}, arms: [{knobs: {}}]};
  const store = Store.fromSnapshot({run: "r", spec}, [row(0, "step", [2, 4, 8]), row(0, "elapsed_s", [1, 3, 5])]);
  const seconds = store.axis(0, "seconds");
  assert.deepEqual([1, 2, 3, 5, 8].map(seconds), [0.5, 1, 2, 3.5, 5]);
  assert.equal(Store.fromSnapshot({run: "r", spec}, []).axis(0, "seconds")(3), 0);
});

test("places of the x axis are places between steps", () => {
  const store = runOf([{rows: {step: [1, 4], elapsed_s: [1, 8]}}]);
  assert.deepEqual(store.stepsBetween("step", 2, 5), [2, 5]);
  assert.deepEqual(store.stepsBetween("epoch", 1, 2), [2, 4]);
  assert.deepEqual(store.stepsBetween("seconds", 0, 25), [0, 10]);
});

test("it is known after which steps the inside is, and where it is here", () => {
  const store = started({looks: [10, 20]});
  const at = [4, 10, 19, 99].map((step) => store.lookAt(step));
  assert.deepEqual([new Store().lookAt(4), ...at], [null, 10, 10, 10, 20]);
  store.add({}, [probe(0, "field", 20, [2]), probe(1, "field", 30, [3]), probe(0, "field", 30, [3])]);
  store.hold(10, [probe(0, "field", 10, [1])]);
  assert.deepEqual([store.looks, store.probe(0, "field", 15).values[0]], [[10, 20, 30], 1]);
  const [again, other] = ["id", "other"].map((run) => Store.fromSnapshot({run, spec: SPEC}, [], store));
  assert.deepEqual([...again.recalled, ...other.recalled], [10]);
});

test("probes of the past are held in their places; values are those after a step", () => {
  const store = started({events: []});
  store.hold(4, [probe(1, "bars", 4, [4, 4]), probe(9, "bars", 4, [1])]);
  store.hold(2, [probe(1, "bars", 2, [2, 2])]);
  assert.deepEqual(
    [1, 2, 3, 4].map((step) => store.probe(1, "bars", step).step),
    [2, 2, 2, 4],
  );
  store.events.push({step: 2, name: "level", value: 0.5, arm: 1}, {step: 3, name: "lr", value: 0.2, arm: null});
  const at = (arm, step) => Object.values(store.valuesAt(arm, step)).join(" ");
  assert.deepEqual([at(1, 1), at(1, 2), at(1, 3), at(0, 3)], ["0.1 8 0.2", "0.1 8 0.5", "0.2 8 0.5", "0.2 8"]);
});
