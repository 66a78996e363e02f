import assert from "node:assert/strict";
import {test} from "node:test";
import {Study} from "../../../assets/lab/data/study.js";
import {StudyTable} from "../../../assets/lab/tables/study_table.js";
import {outline} from "../dom.js";
import {labOf} from "../lab.js";

function tableOf(head, more = {}) {
  const chosen = [];
  const store = new Study();
  store.add({study: "s", state: "finished", ...head}, []);
  const page = labOf(store, {
    swept: true,
    point: 1,
    choose: (point) => chosen.push(point),
    better: () => "lower",
    ...more,
  });
  const table = new StudyTable(page);
  table.refresh();
  document.body.replaceChildren(table.element);
  return {page, table, chosen, rows: [...table.element.querySelectorAll("tr")]};
}
const point = (at, mean, claimed = false) => ({metric: "test_loss", point: at, values: {rate: at}, mean, claimed});

test("a sweep has a row a point, whose button opens its curves", () => {
  const {table, rows, chosen} = tableOf({response: [{...point(0, 1), n: 8, num_diverged: 0}, point(1, 2, true)]});
  const [frame, , head] = outline(table.element).split("\n");
  assert.equal(frame, "div class=many-table tabindex=0 role=region aria-label=lab.seeds.points");
  assert.equal(head, "    thead");
  assert.equal(outline(rows[0]).split("\n")[1], "  th scope=col: lab.seeds.point");
  assert.equal(
    outline(rows[1]),
    `tr
  th scope=row
    button type=button class=many-arm data-point=0 aria-pressed=false: rate,0
  td: 1.00
  td: –
  td: –
  td: 8
  td: 0
  td: –`,
  );
  assert.deepEqual(outline(rows[2]).split("\n").slice(0, 3), [
    "tr data-claimed= data-chosen=",
    "  th scope=row",
    "    button type=button class=many-arm data-point=1 aria-pressed=true: rate,1",
  ]);
  rows[1].querySelector("button").click();
  assert.deepEqual(chosen, [0]);
});

test("a repeat has a row a comparison, marked where it is told from noise", () => {
  const line = {arm: "one", metric: "test_loss", claimed: true, mean: -1, low: null, won: 1, num_seeds: 2};
  const {table, rows} = tableOf({arms: ["base", "one"], lines: [line]}, {swept: false, point: undefined});
  assert.equal(table.element.getAttribute("aria-label"), "lab.seeds.table");
  assert.deepEqual(outline(rows[1]).split("\n").slice(0, 2), ["tr data-claimed=better", "  th scope=row: <test_loss>"]);
  assert.deepEqual([table.element.querySelectorAll("tbody tr").length, rows[1].querySelector("button")], [1, null]);
});

test("it is built anew only where it differs; the button in use stays so", () => {
  const {page, table} = tableOf({response: [point(0, 1), point(1, 2)]});
  const button = (at) => table.element.querySelector(`[data-point="${at}"]`);
  const before = button(1);
  table.refresh();
  assert.ok(button(1) === before);
  before.focus();
  page.point = 0;
  table.refresh();
  assert.ok(button(1) !== before);
  assert.deepEqual([button(0).getAttribute("aria-pressed"), button(1).getAttribute("aria-pressed")], ["true", "false"]);
  assert.ok(document.activeElement === button(1));
  page.store.add({response: [point(0, 5)]}, []);
  table.refresh(); // the point in use is gone
  assert.equal(table.element.querySelectorAll("td")[0].textContent, "5.00");
  page.metric = "test_accuracy";
  table.refresh();
  assert.equal(table.element.childNodes.length, 0);
  const other = document.createElement("input");
  document.body.append(other);
  other.focus();
  page.metric = "test_loss";
  table.refresh();
  assert.ok(document.activeElement === other);
});
