// Refusals are said as the pages' scripts say them: test_refusals.py holds the same cases.

import assert from "node:assert/strict";
import {readFileSync} from "node:fs";
import {test} from "node:test";
import {
  boxText,
  capital,
  count,
  duration,
  makeText,
  measured,
  naming,
  number,
  parse,
  prose,
  readTyped,
  refusalText,
  SaysKnobs,
  symbolText,
  unstartedText,
  valueText,
} from "../../../assets/lab/data/text.js";

test("numbers have three digits, and no needless zeros", () => {
  const cases = [
    [0, "0"],
    [0.5, "0.5"],
    [0.12345, "0.123"],
    [-2, "−2"],
    [1234, "1,234"],
    [999, "999"],
    [0.0001, "0.0001"],
    [0.00001, "1e−5"],
    [1e6, "1e6"],
    [1234567, "1.23e6"],
    [1200000, "1.2e6"],
    [1000, "1,000"],
    [Infinity, "∞"],
    [-Infinity, "−∞"],
    [NaN, "–"],
    [null, "–"],
    [undefined, "–"],
    ["a", "a"],
  ];
  for (const [value, text] of cases) assert.equal(number(value), text);
  assert.equal(number(0.12345, 4), "0.1235");
});

test("measured numbers keep their zeros", () => {
  assert.deepEqual(
    [measured(0.5), measured(12), measured(0), measured(0.0005), measured(5000), measured(-1)],
    ["0.500", "12.0", "0", "0.0005", "5,000", "−1.00"],
  );
  assert.deepEqual([measured(NaN), measured(null), measured(1000), measured(0.001)], ["–", "–", "1,000", "0.00100"]);
});

test("what a person types is read", () => {
  assert.deepEqual([" 0,5", " 2,000 ", "−2", "1,000", "1 000", "1e3", ""].map(parse), [
    0.5,
    2000,
    -2,
    1000,
    1000,
    1000,
    NaN,
  ]);
  const apart = ["1,234,567.5", "1 000,5", "−12,000", "+1,000", "1\u202f000"];
  assert.deepEqual(apart.map(parse), [1234567.5, 1000.5, -12000, 1000, 1000]);
  // No thousands: a decimal comma, with three digits or more after it.
  assert.deepEqual(["0,125", "1,2345", "1234,567", "x1,000", "0.1,000"].map(parse), [
    0.125,
    1.2345,
    1234.567,
    NaN,
    NaN,
  ]);
  assert.ok(Number.isNaN(parse("much")));
  assert.equal(count(12345.6), "12,346");
});

test("what stands in a box is read as the value it is", () => {
  const texts = {1000: "1,000", 999: "999", 0.12345: "0.1235", 0.00001: "1e−5", 1234567: "1,234,567", 1234.5: "1235"};
  for (const [value, text] of Object.entries(texts)) assert.equal(boxText(Number(value)), text);
  for (const value of [1000, 1234567, 2 ** 31 - 1, 0.00001, -0.25, 0.125, 100000])
    assert.equal(parse(boxText(value)), value);
  assert.deepEqual([boxText("tanh"), boxText(true), boxText(-5)], ["tanh", "true", "−5"]);
});

test("what was typed is taken, or refused by the rule it breaks, with what is kept", () => {
  const t = (key, words) => [key, ...Object.values(words)].join("|");
  const asked = {called: "B", low: 2, high: 1024, kept: 50};
  const read = (text, more) => readTyped(text, {...asked, ...more}, t);
  const taken = ["2", "1,024", "2.5"].map((text) => read(text));
  assert.deepEqual(
    taken,
    [2, 1024, 2.5].map((value) => ({value, refusal: ""})),
  );
  const refused = (rule, typed) => `lab.refused.${rule}|B|${typed}|2|1,024|50`;
  assert.equal(read(" much ").refusal, refused("number", "much"));
  assert.equal(read("∞").refusal, refused("number", "∞"));
  assert.equal(read("Infinity", {integer: true}).refusal, refused("number", "Infinity"));
  assert.equal(read("2.5", {integer: true}).refusal, refused("whole", "2.5"));
  assert.deepEqual([read("1").refusal, read("1025").refusal], [refused("range", "1"), refused("range", "1025")]);
});

test("a time is said in seconds below a hundred, in minutes below a hundred, else in hours", () => {
  const t = (key, {seconds, minutes, hours}) => `${seconds ?? minutes ?? hours} ${key.replace("lab.time.", "")}`;
  const times = [-3, 0.4, 99.4, 100, 5969, 5970, 36000].map((seconds) => duration(seconds, t));
  const hours = ["1.7 hours", "10 hours"];
  assert.deepEqual(times, ["0 seconds", "0 seconds", "99 seconds", "2 minutes", "99 minutes", ...hours]);
});

test("labels take values, and an absent one is its key", () => {
  const t = makeText({a: "{x} of {y}"});
  assert.equal(t("a", {x: 0, y: 2}), "0 of 2");
  assert.equal(t("a", {x: 1}), "1 of {y}");
  assert.equal(t("none"), "none");
});

test("symbols, names and values as they are said", () => {
  assert.equal(symbolText("β_12"), "β₁₂");
  assert.equal(symbolText("η_min"), "η min");
  assert.equal(symbolText("a_1b"), "a 1b");
  assert.equal(prose("at η_min, β_12 and test_loss"), "at η min, β₁₂ and test_loss");
  const labels = {"array.p": "Probe", "choice.kind.a_b": "A or B"};
  const name = naming({labels, metrics: [{name: "test_loss", label: "Test loss"}]}, makeText(labels));
  assert.deepEqual(["p", "test_loss", "one_more"].map(name), ["Probe", "Test loss", "one more"]);
  assert.deepEqual(
    [valueText(labels, "kind", "a_b"), valueText(labels, "kind", "c_d"), valueText(labels, "k", 0.12345)],
    ["A or B", "c d", "0.123"],
  );
  const knobs = [
    {name: "b", symbol: "β_1"},
    {name: "c", label: "C"},
  ];
  const says = new SaysKnobs(/** @type {any} */ ({labels, knobs}));
  assert.equal(says.knobsText({b: 0.5, c: 2, d: 1}), "β₁ 0.5, C 2, d 1");
});

test("a start that failed is told as a sentence, with what to do", () => {
  const t = makeText({"lab.unstarted": "{reason}. Press Run to try again."});
  assert.equal(unstartedText("no worker took it in 1.5 s.", t), "No worker took it in 1.5 s. Press Run to try again.");
});

test("a sentence begins large, but a symbol stays what it is", () => {
  assert.deepEqual(["the run", "γ must", "b 0.2", "β₁ must", ""].map(capital), [
    "The run",
    "γ must",
    "b 0.2",
    "β₁ must",
    "",
  ]);
});

const refusals = JSON.parse(readFileSync(new URL("../refusals.json", import.meta.url)));

for (const {refusal, said} of refusals.cases)
  test(`a refusal is said in the page's words: ${said}`, () => {
    const called = (name) => refusals.called[name];
    assert.equal(refusalText(refusal, {t: makeText(refusals.labels), called}), said);
  });
