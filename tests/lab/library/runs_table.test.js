import assert from "node:assert/strict";
import {test} from "node:test";
import {editor} from "../../../assets/lab/library/editor.js";
import {PLAIN} from "../../../assets/lab/library/filters.js";
import {Listing} from "../../../assets/lab/library/listing.js";
import {RunsTable} from "../../../assets/lab/library/runs_table.js";
import {happen} from "../dom.js";
import {t} from "../lab.js";

const CARD = {
  id: "a",
  kind: "run",
  name: "",
  note: "",
  pinned: false,
  state: "finished",
  created: 1e9,
  deleted: null,
  seconds: 12,
  trick: "Trick",
  task: "task",
  differs: "b 0.4",
  seed: 100,
  steps: 50,
  done: 50,
  total: 50,
  imported: false,
  fork_step: null,
  depth: 0,
  links: 0,
  local: false,
  judged: "loss",
  result: 0.25,
  baseline: 0.5,
  curve: [[1, 2]],
  open: "/trick?run=a",
  again: "/trick?seed=1",
  exports: {csv: "/export/a.csv"},
};

function tableOf(cards, shown = {}) {
  const listing = new Listing();
  listing.take({cards, total: cards.length, binned: 0, tricks: [], tasks: []}, false);
  const done = [];
  const noting =
    (name) =>
    (...given) =>
      done.push([name, ...given]);
  const page = {
    t,
    language: "en",
    listing,
    shown: {...PLAIN, ...shown},
    editing: null,
    mark: (ids, on) => {
      done.push(["mark", ids, on]);
      listing.mark(ids, on);
    },
    edit: noting("edit"),
    change: noting("change"),
    move: noting("move"),
    share: noting("share"),
    sortBy: noting("sort"),
    editor: (card, what) => editor({value: card[what], label: what, hint: "", most: 9, isLong: false}, () => null),
  };
  const table = new RunsTable(page);
  document.body.replaceChildren(table.element);
  table.refresh();
  const row = (id) => table.rows.get(id).element;
  const control = (id, action) => /** @type {any} */ (row(id).querySelector(`[data-action="${action}"]`));
  const cell = (id, column) => row(id).querySelector(`[data-column="${column}"]`);
  return {table, page, listing, done, row, control, cell};
}
const others = (...ids) => ids.map((id) => ({...CARD, id}));

test("a row says what a run was, in a table that stays one for whoever hears it", () => {
  const {table, row, cell, control} = tableOf([CARD]);
  const roles = ["table", "rowgroup", "row", "columnheader", "rowheader", "cell"];
  for (const role of roles)
    assert.ok(table.element.matches(`[role=${role}]`) || table.element.querySelector(`[role=${role}]`));
  assert.equal(control("a", "open").getAttribute("href"), "/trick?run=a");
  assert.equal(control("a", "open").textContent, "library.subject Trick task");
  assert.equal(row("a").querySelector(".library-about").textContent, "b 0.4");
  const said = ["seed", "steps", "state", "took"].map((name) => cell("a", name).textContent);
  assert.deepEqual(said, ["100", "50", "library.state.finished", "lab.time.seconds 12"]);
  assert.equal(cell("a", "result").textContent, "0.250 library.baseline 0.500 loss");
  assert.equal(row("a").querySelector("time").getAttribute("datetime"), "2001-09-09T01:46:40.000Z");
  assert.equal(cell("a", "seed").dataset.label, "library.column.seed");
  assert.equal(control("a", "again").getAttribute("aria-label"), "library.again library.subject Trick task");
  assert.equal(row("a").querySelector("a[download]").getAttribute("href"), "/export/a.csv");
});

test("what is not there is not shown", () => {
  const {cell, control} = tableOf([{...CARD, seed: null, result: null, curve: [], open: "", again: ""}]);
  assert.deepEqual([cell("a", "seed").textContent, cell("a", "curve").childNodes.length], ["–", 0]);
  assert.deepEqual([control("a", "open"), control("a", "again")], [null, null]);
  assert.match(cell("a", "run").textContent, /^library.subject Trick task/);
});

test("whatever somebody wrote is text", () => {
  const {row} = tableOf([{...CARD, name: "<img src=x>", note: "<b>", differs: "<i>"}]);
  assert.equal(row("a").querySelector("img, b, i"), null);
});

test("each control does its own", () => {
  const {control, done} = tableOf([{...CARD, pinned: true}]);
  for (const action of ["name", "note", "pin", "share", "delete"]) control("a", action).click();
  assert.deepEqual(done, [
    ["edit", "a", "name"],
    ["edit", "a", "note"],
    ["change", ["a"], {pinned: false}],
    ["share", "a"],
    ["move", ["a"], true],
  ]);
  assert.equal(control("a", "pin").getAttribute("aria-pressed"), "true");
});

test("a row says whether it is shared, where it can be", () => {
  const {control, cell} = tableOf([CARD, {...CARD, id: "b", links: 2}, {...CARD, id: "c", links: null}]);
  const pressed = ["a", "b"].map((id) => control(id, "share").getAttribute("aria-pressed"));
  assert.deepEqual([pressed, control("c", "share")], [["false", "true"], null]);
  assert.match(cell("b", "run").textContent, /library.shared$/);
});

test("in the bin a row says for how long, and can only be brought back", () => {
  const {control, done, cell} = tableOf([{...CARD, note: "seen", deleted: Date.now() / 1000}], {bin: true});
  assert.match(cell("a", "when").textContent, /library.left 7$/);
  assert.equal(cell("a", "note").textContent, "seen");
  for (const action of ["open", "name", "note", "pin", "share", "delete", "again"])
    assert.equal(control("a", action), null);
  control("a", "restore").click();
  assert.deepEqual(done, [["move", ["a"], false]]);
});

test("rows are marked one by one, all, and from one to another", () => {
  const {table, control, done, row, listing} = tableOf(others("a", "b", "c"));
  const click = (id, shiftKey = false) => {
    const event = new /** @type {any} */ (document.defaultView).MouseEvent("click", {bubbles: true, shiftKey});
    control(id, "mark").dispatchEvent(event);
    table.refresh();
  };
  click("a");
  assert.deepEqual(
    [done[0], table.all.indeterminate, row("a").hasAttribute("data-marked")],
    [["mark", ["a"], true], true, true],
  );
  click("c", true);
  assert.deepEqual([done[1], table.all.checked], [["mark", ["a", "b", "c"], true], true]);
  table.all.checked = false;
  happen(table.all, "change");
  table.refresh();
  assert.deepEqual([listing.marked.size, table.all.checked, control("b", "mark").checked], [0, false, false]);
});

test("a row that has not changed stays, and the control in use keeps the focus", () => {
  const {table, listing, row, control} = tableOf(others("a", "b"));
  const [one, other] = [row("a"), row("b")];
  control("b", "pin").focus();
  listing.take({cards: [{...CARD, id: "n"}, ...others("b"), {...CARD, seconds: 13}], total: 3, binned: 0}, false);
  table.refresh();
  assert.deepEqual([row("b") === other, row("a") === one], [true, false]);
  assert.deepEqual(
    [...table.body.children].map((element) => element.dataset.run),
    ["n", "b", "a"],
  );
  assert.ok(document.activeElement === control("b", "pin"));
  assert.ok(table.focus("a", "none") && document.activeElement === control("a", "open"));
  assert.ok(!table.focus("gone", "pin"));
});

test("what is being written has its box", () => {
  const {table, page, row} = tableOf([{...CARD, name: "mine", note: "seen"}]);
  for (const what of ["name", "note"]) {
    page.editing = {id: "a", what};
    table.refresh();
    const box = /** @type {any} */ (row("a").querySelector(".library-editor"));
    assert.deepEqual([box.value, box.getAttribute("aria-label")], [what === "name" ? "mine" : "seen", what]);
    const same = row("a");
    table.refresh();
    assert.ok(row("a") === same); // it is not taken from under the hand
  }
});

test("columns say by which the list is sorted", () => {
  const {table, page, done} = tableOf([CARD], {sort: "task", down: false});
  const head = (name) => table.element.querySelector(`thead [data-column=${name}]`);
  assert.deepEqual(
    [head("run").getAttribute("aria-sort"), head("when").getAttribute("aria-sort")],
    ["ascending", null],
  );
  assert.equal(head("run").querySelector("[data-sort=task]").dataset.way, "ascending");
  head("when").querySelector("button").click();
  assert.deepEqual(done, [["sort", "created_at"]]);
  page.shown = {...page.shown, sort: "created_at", down: true};
  table.refresh();
  assert.deepEqual(
    [head("run").getAttribute("aria-sort"), head("when").getAttribute("aria-sort")],
    [null, "descending"],
  );
  assert.equal(head("seed").querySelector("button"), null);
});

test("a branch stands under its parent, as deep as it is", () => {
  const {table} = tableOf([CARD, {...CARD, id: "b", fork_step: 30, depth: 2}]);
  const names = [...table.element.querySelectorAll("th[data-column=run]")].slice(-2);
  assert.deepEqual(
    names.map((name) => [name.hasAttribute("data-branch"), name.style.getPropertyValue("--depth")]),
    [
      [false, "0"],
      [true, "2"],
    ],
  );
  assert.match(names[1].textContent, /library.branch 30/);
});
