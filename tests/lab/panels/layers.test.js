import assert from "node:assert/strict";
import {test} from "node:test";
import {Layers} from "../../../assets/lab/panels/layers.js";
import {labOf, runOf} from "../lab.js";

const kept = (layers) => [
  [1, layers],
  [3, layers.map((value) => 10 * value)],
];
const ONE = {probes: {p: kept([1, 2, 3])}};
const layers = (run, declared = {}, height = 134, more = {}) =>
  new Layers(labOf(run, more), {array: "p", ...declared}, {width: 300, height}).curves();

test("each layer is a line, from light to the arm's own color", () => {
  const curves = layers(runOf([{}, ONE]));
  assert.deepEqual(
    curves.map(({line}) => line.color),
    ["rgb(153,153,255)", "rgb(77,77,255)", "rgb(0,0,255)"],
  );
  assert.deepEqual(
    curves.map(({values}) => [...values]),
    [
      [1, 10],
      [2, 20],
      [3, 30],
    ],
  );
  assert.deepEqual([[...curves[0].steps], curves[0].noisy, curves[0].arm.label], [[1, 3], false, "one"]);
  assert.deepEqual([curves[0].line.width, curves[0].line.dash], [1.8, "solid"]);
  const [alone] = layers(runOf([{}, {probes: {p: kept([1])}}]));
  assert.equal(alone.line.color, "rgb(0,0,255)");
  assert.deepEqual(layers(runOf([{}, {}])), []);
});

test("the first and the last are named, the others where there is room, the arm too where there are several", () => {
  const texts = (...given) => layers(...given).map(({text}) => text);
  assert.deepEqual(texts(runOf([{}, ONE])), ["lab.layer 1", "lab.layer 2", "lab.layer 3"]);
  assert.deepEqual(texts(runOf([{}, ONE]), {labels: ["in", "mid", "out"]}), ["in", "mid", "out"]);
  assert.deepEqual(texts(runOf([{}, ONE]), {}, 34 + 34), ["lab.layer 1", "", "lab.layer 3"]); // 11.5 pixels a name
  assert.deepEqual(texts(runOf([{}, ONE]), {}, 34 + 35).filter(Boolean).length, 3);
  const five = runOf([{}, {probes: {p: kept([1, 2, 3, 4, 5])}}]);
  assert.equal(texts(five, {}, 999).filter(Boolean).length, 2);
  assert.equal(texts(runOf([{}, {probes: {p: kept([1, 2, 3, 4])}}]), {}, 999).filter(Boolean).length, 4);
  const both = texts(runOf([ONE, ONE]), {arms: "all"}, 34 + 69);
  assert.deepEqual([both.length, both[0], both[3]], [6, "lab.layer 1, base", "lab.layer 1, one"]);
  assert.equal(texts(runOf([ONE, ONE]), {arms: "all"}, 34 + 68).filter(Boolean).length, 4);
});
