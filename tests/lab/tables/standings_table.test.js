import assert from "node:assert/strict";
import {test} from "node:test";
import {Cells, copyTools, Painted, StandingsTable} from "../../../assets/lab/tables/standings_table.js";
import {outline} from "../dom.js";
import {labOf, METRICS, runOf, t} from "../lab.js";

const at = (loss, accuracy) => ({tests: {step: [4], test_loss: [loss], test_accuracy: [accuracy]}});
const RUN = runOf([at(1, 0.5), at(0.5, 0.5)]);
const legend = {sample: (arm) => `~${arm} `};
const cells = (row) => [...row.children].map((cell) => cell.textContent);

test("what is painted is due once it is touched", () => {
  const woken = [];
  const painted = new Painted(labOf(RUN, {painter: {wake: (urgent) => woken.push(urgent)}}));
  assert.equal(painted.due, true);
  painted.stale = false;
  assert.equal(painted.due, false);
  painted.touch();
  painted.touch(true);
  assert.deepEqual([painted.due, woken], [true, [false, true]]);
});

test("a cell says value and difference, which is the best, and what the last tests were on the mean", () => {
  const made = new Cells(t, 2);
  assert.equal(made.elements.length, 4);
  made.fill([
    {value: 1, difference: NaN, tail: NaN, way: 0, best: false},
    {value: 0.5, difference: -0.5, tail: 0.75, way: 1, best: true},
  ]);
  assert.deepEqual(
    made.elements.map((cell) => outline(cell)),
    [
      "td title=: 1.00".replace(" title=", ""),
      "td class=many-difference",
      "td data-best= title=lab.standings.tail 0.750: lab.standings.best 0.500",
      "td class=many-difference data-way=better title=lab.many.better: −0.50",
    ].map((line, i) => (i === 1 ? `${line} data-way=` : line)),
  );
  made.fill([
    {value: NaN, difference: 0.25, tail: NaN, way: -1, best: false},
    {value: 0.5, difference: 0, tail: NaN, way: 0, best: false},
  ]);
  const [value, difference, second, last] = made.elements;
  assert.deepEqual([value.textContent, difference.dataset.way, difference.title], ["–", "worse", "lab.many.worse"]);
  assert.deepEqual([second.hasAttribute("data-best"), second.title, last.dataset.way, last.title], [false, "", "", ""]);
});

test("where a run is looked back at, the table and what is copied of it are of that step", () => {
  const tests = {step: [2, 4], test_loss: [3, 1], test_accuracy: [0.25, 0.5]};
  const lab = labOf(runOf([{tests}, {tests}]), {legend, past: 3});
  const table = new StandingsTable(lab);
  table.paint();
  const values = () => cells(table.table.rows[1]).slice(1);
  assert.deepEqual(values(), ["3.00", "", "0.250", ""]);
  lab.past = null;
  table.stale = true;
  table.paint();
  assert.deepEqual(values(), ["1.00", "", "0.500", ""]);
});

test("a row for each arm, its cells live", () => {
  const lab = labOf(RUN, {legend});
  const table = new StandingsTable(lab);
  table.paint();
  assert.deepEqual([...table.table.rows].map(cells), [
    ["lab.many.arm", "loss", "lab.many.difference", "accuracy", "lab.many.difference"],
    ["~0 base", "1.00", "", "0.500", ""],
    ["~1 one", "lab.standings.best 0.500", "−0.50", "0.500", "0"],
  ]);
  const [head, body] = table.table.children;
  assert.equal(outline(head.firstChild.children[2]), "th scope=col class=many-difference: lab.many.difference");
  assert.equal(outline(head.firstChild.children[0]), "th scope=col: lab.many.arm");
  assert.equal(outline(head.firstChild.children[1]), "th scope=col: loss");
  assert.deepEqual([body.children[1].dataset.row, body.children[1].firstChild.scope], ["1", "row"]);
  const row = body.firstChild;
  lab.store = runOf([at(1, 0.5), at(2, 0.5)]);
  table.paint();
  assert.equal(table.table.rows[2].children[2].textContent, "−0.50"); // not due
  table.touch();
  table.paint();
  assert.deepEqual([table.table.rows[2].children[2].textContent, body.firstChild === row], ["+1.0", true]);
  lab.theme = {...lab.theme, arms: ["#000000"]};
  table.touch();
  table.paint();
  assert.notEqual(table.table.rows[1], row);
  const frame = outline(table.element).split("\n");
  assert.deepEqual(frame.slice(0, 2), [
    "section class=lab-standings many-standings aria-label=lab.standings",
    "  div class=many-table tabindex=0 role=region aria-label=lab.standings",
  ]);
  assert.ok(frame.includes("  p class=lab-standings-about: lab.standings.about"));
});

test("beside a projector's panels many metrics have a row each", () => {
  const metrics = [...METRICS, ...METRICS];
  const turned = (present, shown) => {
    const lab = labOf(RUN, {legend, present});
    lab.config = {...lab.config, metrics: shown};
    const table = new StandingsTable(lab);
    table.paint();
    return [...table.table.rows].map(cells);
  };
  assert.deepEqual(turned(true, metrics).slice(0, 2), [
    ["lab.many.arm", "~0 base", "~1 one"],
    ["loss", "1.00", "", "lab.standings.best 0.500", "−0.50"],
  ]);
  assert.equal(turned(true, metrics).length, 5);
  assert.deepEqual([turned(false, metrics).length, turned(true, metrics.slice(1)).length], [3, 3]);
});

test("the table is copied in each format", async () => {
  const texts = [];
  Object.defineProperty(globalThis, "navigator", {
    value: {clipboard: {writeText: async (text) => texts.push(text)}},
    configurable: true,
  });
  const table = new StandingsTable(labOf(RUN, {legend}));
  const tools = table.element.lastChild;
  const lines = outline(tools).split("\n");
  assert.deepEqual(lines.slice(0, 3), [
    "div class=lab-copy role=group aria-label=lab.copy",
    "  span: lab.copy",
    "  button type=button class=lab-tool lab-kept data-copy=markdown: lab.copy.markdown",
  ]);
  assert.equal(lines.length, 5);
  tools.querySelector('[data-copy="markdown"]').click();
  await Promise.resolve();
  assert.equal(
    texts[0].split("\n")[0],
    "| lab.many.arm | loss | lab.many.difference | accuracy | lab.many.difference |",
  );
  assert.equal(texts[0].split("\n")[3], "| one | **0.500** | −0.50 | 0.500 | 0 |");
  copyTools(labOf(RUN), () => [])
    .querySelector('[data-copy="csv"]')
    .click();
  assert.equal(texts[1].split(",")[0], "lab.many.arm");
});
