import assert from "node:assert/strict";
import {test} from "node:test";
import {Reach, reachParams, toldOf} from "../../../assets/lab/data/reach.js";

const NAMES = ["level", "lr", "seed"];
const states = (reach) => NAMES.map((name) => reach.stateOf(name));

test("a page that says nothing of it has all its controls free", () => {
  const reach = new Reach();
  assert.deepEqual([states(reach), reach.strict, reach.narrows], [["free", "free", "free"], false, false]);
  assert.deepEqual(reachParams(), {});
});

test("what show leaves out is hidden, what lock names is locked where it is shown", () => {
  const reach = new Reach({show: ["level", "lr"], lock: ["lr", "seed"], strict: true});
  assert.deepEqual([states(reach), reach.strict, reach.narrows], [["free", "locked", "hidden"], true, true]);
  const held = (method) => NAMES.map((name) => reach[method](name));
  assert.deepEqual(held("hides"), [false, false, true]);
  assert.deepEqual(held("locks"), [false, true, false]);
  assert.deepEqual(held("frees"), [true, false, false]);
  assert.deepEqual(states(new Reach({show: [], lock: [], strict: false})), ["hidden", "hidden", "hidden"]);
});

test("of every choice of states the link leaves the controls in just these", () => {
  const all = ["free", "locked", "hidden"];
  for (const one of all)
    for (const other of all)
      for (const third of all) {
        const chosen = [one, other, third];
        const told = toldOf(new Map(NAMES.map((name, i) => [name, chosen[i]])), true);
        assert.deepEqual(states(new Reach(told)), chosen);
        assert.equal(
          told.strict,
          chosen.some((state) => state !== "free"),
        );
      }
});

test("a link names what is shown in the order of the page, and nothing where that is all", () => {
  const of = (pairs, strict = false) => reachParams(toldOf(new Map(pairs), strict));
  assert.deepEqual(
    of(
      [
        ["level", "free"],
        ["lr", "hidden"],
        ["seed", "locked"],
      ],
      true,
    ),
    {
      show: "level,seed",
      lock: "seed",
      strict: "1",
    },
  );
  assert.deepEqual(of([["level", "hidden"]]), {show: ""});
  assert.deepEqual(of([["level", "locked"]]), {lock: "level"});
  assert.deepEqual(of([["level", "free"]], true), {});
});
