import assert from "node:assert/strict";
import {test} from "node:test";
import {ArmsTable} from "../../../assets/lab/tables/arms_table.js";
import {outline} from "../dom.js";
import {labOf, METRICS, runOf} from "../lab.js";

const at = (loss) => ({tests: {step: [4], test_loss: [loss], test_accuracy: [0.5]}});
const ARMS = [
  {...at(1), tricks: []},
  {...at(0.5), tricks: ["a", "b"]},
  {...at(2), tricks: ["b"]},
];

function tableOf(kind = "combine") {
  const store = runOf(ARMS);
  const chosen = [];
  const lab = labOf(store, {
    spec: store.spec,
    choose: (arm) => chosen.push(arm),
    sample: (shown) => (shown ? `~${shown.look} ` : ""),
    arms: () => [0, 2].map((index, look) => ({index, look})),
  });
  lab.config = {...lab.config, kind, titles: {a: "Alpha"}};
  const table = new ArmsTable(lab);
  table.paint();
  return {lab, table, chosen};
}
const texts = ({table}) => [...table.table.rows].map((row) => [...row.children].map((cell) => cell.textContent));

test("a row for each arm: which tricks are on, each metric and its difference", () => {
  const made = tableOf();
  const metrics = ["loss", "lab.many.difference", "accuracy", "lab.many.difference"];
  assert.deepEqual(texts(made), [
    ["lab.many.arm", "Alpha", "b", ...metrics],
    ["~0 base", "·", "·", "1.00", "", "0.500", ""],
    ["one", "●", "●", "lab.standings.best 0.500", "−0.50", "0.500", "0"],
    ["~1 two", "·", "●", "2.00", "+1.0", "0.500", "0"],
  ]);
  const {rows} = made.table.table;
  assert.equal(outline(rows[0].children[0]), "th scope=col: lab.many.arm");
  assert.equal(outline(rows[0].children[1]), "th scope=col class=many-trick: Alpha");
  assert.equal(
    outline(rows[1].children[0]),
    "th scope=row\n  button type=button class=many-arm aria-pressed=true disabled=: ~0 \n    span: base",
  );
  assert.equal(
    outline(rows[2].children[0]),
    "th scope=row\n  button type=button class=many-arm aria-pressed=false: \n    span: one",
  );
  assert.equal(outline(rows[3].children[1]), "td class=many-trick\n  span aria-label=lab.many.off: ·");
  assert.equal(outline(rows[3].children[2]), "td class=many-trick\n  span aria-label=lab.many.on: ●");
  assert.equal(rows[3].dataset.arm, "2");
  rows[2].querySelector("button").click();
  assert.deepEqual(made.chosen, [1]);
  assert.deepEqual(outline(made.table.element).split("\n").slice(0, 2), [
    "section class=many-standings",
    "  div class=many-table tabindex=0 role=region aria-label=lab.many.table",
  ]);
});

test("of a sweep there are no tricks to tell", () => {
  assert.deepEqual(texts(tableOf("sweep"))[1], ["~0 base", "1.00", "", "0.500", ""]);
});

test("it is built anew only where what is shown differs, and filled whenever it is due", () => {
  const {lab, table} = tableOf();
  const row = table.table.rows[1];
  lab.store = runOf([at(3), ARMS[1], ARMS[2]]);
  table.paint();
  assert.equal(row.children[3].textContent, "1.00");
  table.touch();
  table.paint();
  assert.deepEqual([table.table.rows[1] === row, row.children[3].textContent], [true, "3.00"]);
  const metrics = [{...METRICS[0], label: "other"}, METRICS[1]];
  for (const change of [
    {config: {...lab.config, metrics}},
    {theme: {...lab.theme, arms: []}},
    {labels: () => ["x", "y", "z"]},
    {arms: () => []},
  ]) {
    const before = table.table.rows[1];
    Object.assign(lab, change);
    table.touch();
    table.paint();
    assert.notEqual(table.table.rows[1], before);
  }
  lab.spec = null;
  table.touch();
  table.paint();
  assert.equal(table.table.rows.length, 0);
});

test("it is copied as it stands", async () => {
  const copied = [];
  const clipboard = {writeText: async (text) => copied.push(text)};
  Object.defineProperty(globalThis, "navigator", {value: {clipboard}, configurable: true});
  tableOf().table.element.querySelector('[data-copy="csv"]').click();
  assert.equal(copied[0].split("\r\n")[2], "one,0.5,-0.5,,0.5,0,");
});
