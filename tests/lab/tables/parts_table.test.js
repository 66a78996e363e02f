import assert from "node:assert/strict";
import {test} from "node:test";
import {PartsTable} from "../../../assets/lab/tables/parts_table.js";
import {outline} from "../dom.js";
import {labOf, runOf} from "../lab.js";

const at = (tricks, loss) => ({
  tricks,
  tests: loss === null ? {} : {step: [4], test_loss: [loss], test_accuracy: [0.5]},
});
// base; all; without a (b alone); without b (a alone)
const ARMS = [at([], 1), at(["a", "b"], 0.5), at(["b"], 1), at(["a"], 0.25)];

function tableOf(arms = ARMS) {
  const store = runOf(arms);
  const lab = labOf(store, {spec: store.spec});
  lab.config = {...lab.config, titles: {a: "Alpha"}};
  const table = new PartsTable(lab);
  table.paint();
  return {lab, table};
}

test("each trick's part is told, added last and alone; where it changed nothing it is said to be idle", () => {
  const {table} = tableOf();
  assert.equal(
    outline(table.element),
    `div class=many-table many-parts tabindex=0 role=region aria-label=lab.many.parts <test_loss>
  table
    thead
      tr
        th scope=col: lab.many.parts <test_loss>
        th scope=col: lab.many.parts.last
        th scope=col: lab.many.parts.alone
    tbody
      tr data-trick=a
        th scope=row: Alpha
        td class=many-difference data-way=better: −0.50
        td class=many-difference data-way=better: −0.75
      tr data-trick=b
        th scope=row: b
        td class=many-difference data-way=worse: +0.25
        td class=many-idle: lab.many.parts.idle`,
  );
});

test("it is built anew only where it differs, and hidden while nothing is known", () => {
  const {lab, table} = tableOf();
  const row = table.table.rows[1];
  lab.store = runOf([ARMS[0], at(["a", "b"], 0.75), ...ARMS.slice(2)]);
  table.paint();
  assert.equal(table.table.rows[1], row); // not due
  table.touch();
  table.paint();
  assert.equal(table.table.rows[1].children[1].textContent, "−0.25");
  const again = table.table.rows[1];
  table.touch();
  table.paint();
  assert.equal(table.table.rows[1], again);
  lab.metric = "test_accuracy";
  table.touch();
  table.paint();
  assert.equal(table.element.getAttribute("aria-label"), "lab.many.parts <test_accuracy>");
  assert.equal(table.table.rows[1].children[1].textContent, "0");
  const hidden = (arms) => tableOf(arms).table.element.hidden;
  assert.deepEqual([hidden(ARMS), hidden(ARMS.slice(0, 1))], [false, true]);
  assert.equal(hidden([at([], 1), at(["a", "b"], null), at(["b"], 1), at(["a"], null)]), false);
  assert.equal(hidden([at([], null), at(["a", "b"], 1), at(["b"], 1), at(["a"], null)]), false);
  assert.equal(hidden(ARMS.map(({tricks}) => at(tricks, null))), true);
  lab.spec = null;
  table.touch();
  table.paint();
  assert.equal(table.element.hidden, true);
});
