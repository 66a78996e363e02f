import assert from "node:assert/strict";
import {test} from "node:test";
import {labelsOf, shortLabels} from "../../../assets/lab/library/run_labels.js";

const run = (name = "", subject = "Flooding") => ({name, subject});
const setting = (name, values, symbol = "") => ({name, symbol, label: `the ${name}`, values});

test("a run is called by its own name, or by what differs", () => {
  const differs = [setting("seed", ["1", "2", "3"]), setting("level", ["0.4", "0.1", null], "b")];
  assert.deepEqual(labelsOf([run("mine"), run(), run()], differs), ["mine", "the seed 2, b 0.1", "the seed 3"]);
});

test("what it is of is said where they are of several things, and no more than three settings", () => {
  const differs = ["trick", "task", "a", "b", "c", "d"].map((name) => setting(name, ["1", "2"], name));
  assert.deepEqual(labelsOf([run(), run("", "Dropout")], differs), [
    "Flooding, a 1, b 1, c 1",
    "Dropout, a 2, b 2, c 2",
  ]);
});

test("tricks are said where what the runs are of does not say them, and never what made them", () => {
  const tricks = setting("trick", ["flooding + dropout", "flooding + mixup"]);
  const made = {...setting("code", ["c1", "c2"]), made: true};
  assert.deepEqual(labelsOf([run("", "Combine"), run("", "Combine")], [made, tricks]), [
    "the trick flooding + dropout",
    "the trick flooding + mixup",
  ]);
  assert.deepEqual(labelsOf([run(), run()], [made]), ["Flooding", "Flooding #2"]);
});

test("what tells runs apart is said, wherever among their differences it stands", () => {
  const rows = [
    setting("a", ["1", "1", "2", "2"]),
    setting("b", ["1", "1", "2", "2"]),
    setting("c", ["1", "1", "3", "3"]),
    setting("d", ["4", "5", "4", "5"]),
  ];
  const runs = [run(), run(), run(), run()];
  assert.deepEqual(labelsOf(runs, rows), [
    "the a 1, the b 1, the d 4",
    "the a 1, the b 1, the d 5",
    "the a 2, the b 2, the d 4",
    "the a 2, the b 2, the d 5",
  ]);
  assert.deepEqual(shortLabels(runs, rows), [
    "the a 1, the d 4",
    "the a 1, the d 5",
    "the a 2, the d 4",
    "the a 2, the d 5",
  ]);
});

test("runs that are alike are told apart by a number that is free", () => {
  assert.deepEqual(labelsOf([run(), run(), run()], []), ["Flooding", "Flooding #2", "Flooding #3"]);
  assert.deepEqual(labelsOf([run("x"), run("x")], [setting("seed", ["1", "2"])]), ["x", "x #2"]);
  assert.deepEqual(labelsOf([run("x"), run("x"), run("x #2")], []), ["x", "x #3", "x #2"]);
  assert.deepEqual(labelsOf([run("x #2"), run("x"), run("x")], []), ["x #2", "x", "x #3"]);
});

test("for a chart long names are cut, where they are alike", () => {
  const short = (names, most) =>
    shortLabels(
      names.map((name) => run(name)),
      [],
      most,
    );
  const long = "a name of more letters than there is room for";
  assert.deepEqual(short([`${long} 1`, `${long} 2`, "short"]), [
    "a name of m…s room for 1",
    "a name of m…s room for 2",
    "short",
  ]);
  assert.deepEqual(short([long, "short"]), ["a name of more letters…", "short"]);
  assert.deepEqual(short(["abcdefghijklmnopqrstuvwx"]), ["abcdefghijklmnopqrstuvwx"]);
  assert.deepEqual(short(["abcd", "abc"], 3), ["ab…", "abc"]);
  assert.deepEqual(short(["abcabc1defdef", "abcabc2defdef"], 6), ["ab…def", "ab…def #2"]);
});
