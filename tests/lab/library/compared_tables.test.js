import assert from "node:assert/strict";
import {test} from "node:test";
import {placeText, SettingsTable, ValuesTable, whatItIs} from "../../../assets/lab/library/compared_tables.js";
import {happen} from "../dom.js";
import {labOf, runOf, t} from "../lab.js";

const told = {arm: 1, state: "finished", created: 1.7e9, subject: "Flooding", name: "", open: "/x"};
const runWith = (run, values, more = {}) =>
  runOf([{}, {tests: {step: values.map((_, i) => i + 1), test_loss: values}}], {run, id: run, ...told, ...more});

function pageOf(more = {}) {
  const stores = [runWith("a", [3, 2]), runWith("b", [4, 1], {open: ""})];
  return labOf(undefined, {
    stores,
    labels: ["one", "<b>other</b>"],
    differs: [],
    metric: "test_loss",
    better: "lower",
    referred: 0,
    places: [1, 2],
    language: "en",
    sample: (run) => document.createTextNode(`~${run} `),
    refer: (run) => more.referring.push(run),
    ...more,
  });
}

const cells = (row) => [...row.children].map(({textContent}) => textContent);

test("a run is what it is of, how far it came, its state and when", () => {
  const head = {...told, spec: {arms: [{}, {}]}, step: 4, steps: 10};
  assert.match(
    whatItIs(head, null, t, "en"),
    /^library.column.steps library.steps 4 10 · library.state.finished · .*2023/,
  );
  assert.match(whatItIs({...head, name: "mine", step: 10}, null, t, "en"), /^Flooding · library.column.steps 10 · /);
  const several = {...head, spec: {arms: [{}, {}, {}, {}]}};
  assert.match(whatItIs(several, null, t, "en"), /^library.compare.arms 3 · library.column.steps/);
  const ended = whatItIs(head, {step: 300}, t, "en");
  assert.match(ended, /library.state.finished · library.compare.ended 300 · /);
});

test("an arm that ended before its run is said to, and no better or best is told of it", () => {
  const ended = runWith("b", [1], {step: 2, steps: 2, failures: [{arm: 1, step: 1}]});
  const page = pageOf({stores: [runWith("a", [3, 2], {step: 2, steps: 2}), ended]});
  const table = new ValuesTable(page);
  table.refresh();
  const [, one, other] = [...table.table.rows];
  assert.match(other.textContent, /library.compare.ended 1 · /);
  assert.doesNotMatch(one.textContent, /library.compare.ended/);
  assert.deepEqual(
    [cells(one), cells(other)].map((texts) => texts.slice(1)),
    [
      ["2.00", "", "2.00", "", "–", ""],
      ["1.00", "", "1.00", "", "–", ""],
    ],
  );
  assert.equal(table.apart.hidden, false);
  page.stores = pageOf().stores;
  table.refresh();
  assert.equal(table.apart.hidden, true);
});

test("a place is said by its unit", () => {
  const at = (x, cursor) => placeText(labOf(undefined, {view: {x}, cursor}));
  assert.deepEqual(
    [at("step", 1200), at("epoch", 1.25), at("seconds", 3.25), at("step", null)],
    [
      "library.compare.at.step 1,200",
      "library.compare.at.epoch 1.25",
      "library.compare.at.seconds 3.25",
      "library.compare.cursor",
    ],
  );
});

test("it is said where what stands at the cursor is smoothed", () => {
  const at = (metric, smooth) => placeText(labOf(undefined, {view: {x: "step", smooth}, cursor: 2, metric}));
  assert.deepEqual(
    [at("train_loss", 20), at("train_loss", 1), at("test_loss", 20)],
    ["library.compare.smoothed library.compare.at.step 2 20", "library.compare.at.step 2", "library.compare.at.step 2"],
  );
});

test("the values stand beside each run, and another can be made the reference", () => {
  const referring = [];
  const page = pageOf({referring});
  const table = new ValuesTable(page);
  table.refresh();
  const [head, one, other] = [...table.table.rows];
  assert.deepEqual(cells(head), [
    "<test_loss>",
    ...["last", "best", "cursor"].flatMap((name) => [`library.compare.${name}`, "library.compare.difference"]),
  ]);
  assert.deepEqual(cells(one).slice(1), ["2.00", "", "2.00", "", "–", ""]);
  assert.deepEqual(cells(other).slice(1), [
    "lab.standings.best 1.00",
    "−1.0",
    "lab.standings.best 1.00",
    "−1.0",
    "–",
    "",
  ]);
  assert.match(other.children[0].textContent, /^~1 <b>other<\/b>library/);
  assert.deepEqual([one.querySelectorAll("a").length, other.querySelectorAll("a").length], [1, 0]);
  const marks = [...table.table.querySelectorAll("[type=radio]")];
  assert.deepEqual(
    marks.map(({checked}) => checked),
    [true, false],
  );
  happen(marks[1], "change");
  assert.deepEqual(referring, [1]);
  Object.assign(page, {referred: 1, cursor: 1});
  page.stores[0].head.step = 9;
  table.refresh();
  assert.equal(table.table.rows[1], one, "the rows stay");
  assert.match(one.textContent, /library.column.steps library.steps 9 10/);
  assert.deepEqual(
    [cells(head)[5], cells(one).slice(2), marks[1].checked],
    ["library.compare.at.step 1", ["+1.0", "2.00", "+1.0", "lab.standings.best 3.00", "−1.0"], true],
  );
});

test("the cursor goes from place to place by a slider, which says where it is", () => {
  const page = pageOf({places: [1, 5, 2000], view: {x: "step", smooth: 1}});
  page.setCursor = (place) => {
    page.cursor = place;
    table.refresh();
  };
  const table = new ValuesTable(page);
  table.refresh();
  const slider = /** @type {any} */ (table.table.querySelector("th input[type=range]"));
  const told = () => [slider.value, slider.max, slider.getAttribute("aria-valuetext")];
  assert.deepEqual(told(), ["2", "2", "library.compare.cursor"]);
  slider.value = "1";
  happen(slider, "input");
  assert.deepEqual([page.cursor, ...told()], [5, "1", "2", "library.compare.at.step 5"]);
  page.setCursor(2000);
  assert.deepEqual(told(), ["2", "2", "library.compare.at.step 2,000"]);
});

test("what is copied has the quantity over its columns, and the cursor where there is one", async () => {
  const texts = [];
  Object.defineProperty(globalThis, "navigator", {
    value: {clipboard: {writeText: async (text) => texts.push(text)}},
    configurable: true,
  });
  const page = pageOf();
  const table = new ValuesTable(page);
  const copy = async (format) => {
    /** @type {any} */ (table.element.querySelector(`[data-copy="${format}"]`)).click();
    await Promise.resolve();
    return texts.at(-1);
  };
  assert.deepEqual((await copy("csv")).split("\r\n"), [
    "library.column.run,test_loss_last,test_loss_last_difference,test_loss_best,test_loss_best_difference",
    "one,2,,2,",
    "<b>other</b>,1,-1,1,-1",
  ]);
  page.cursor = 2;
  const [heads, , one] = (await copy("markdown")).split("\n");
  assert.match(heads, /\| <test_loss>, library.compare.at.step 2 \| library.compare.difference \|$/);
  assert.equal(one, "| one | 2.00 |  | 2.00 |  | 2.00 |  |");
  assert.match((await copy("csv")).split("\r\n")[0], /,test_loss_at_step_2,test_loss_at_step_2_difference$/);
  assert.match(await copy("latex"), /^\\begin\{tabular\}\{lrrrrrr\}/);
});

test("settings that differ have a row each; where none does it is said", () => {
  const page = pageOf();
  const table = new SettingsTable(page);
  table.refresh();
  assert.deepEqual([table.alike.hidden, table.scroll.hidden], [false, true]);
  page.differs = [
    {name: "level", symbol: "b", label: "flood level", values: ["0.4", null]},
    {name: "seed", symbol: "", label: "seed", values: ["1", "2"]},
  ];
  table.refresh();
  assert.deepEqual([table.alike.hidden, table.scroll.hidden], [true, false]);
  assert.deepEqual([...table.table.rows].map(cells), [
    ["library.compare.setting", "~0  one", "~1  <b>other</b>"],
    ["b, flood level", "0.4", "–"],
    ["seed", "1", "2"],
  ]);
  const [row] = table.table.rows;
  table.refresh();
  assert.equal(table.table.rows[0], row);
});
