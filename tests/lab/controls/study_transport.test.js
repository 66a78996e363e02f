import assert from "node:assert/strict";
import {test} from "node:test";
import {StudyExports, StudyTransport} from "../../../assets/lab/controls/study_transport.js";
import {Study} from "../../../assets/lab/data/study.js";
import {outline} from "../dom.js";
import {labOf} from "../lab.js";

function pageOf(more = {}) {
  const told = [];
  const tell =
    (name) =>
    (...given) =>
      told.push([name, ...given]);
  const actions = Object.fromEntries(
    ["start", "cancel", "setSeeds", "setEvidence", "say"].map((name) => [name, tell(name)]),
  );
  const config = {limits: {seeds: [2, 64]}, recipe: {text: "The recipe."}, export: "/export"};
  const parts = {
    swept: false,
    seeds: 16,
    evidence: false,
    starting: false,
    visits: false,
    served: true,
    axes: () => [],
    config,
  };
  const page = labOf(new Study(), {...parts, ...actions, ticket: (id) => id, ...more});
  Object.defineProperty(page, "busy", {get: () => page.store.going && !page.visits});
  return {told, page};
}

function rowOf(more) {
  const made = pageOf(more);
  const row = new StudyTransport(made.page);
  row.refresh();
  document.body.replaceChildren(row.element);
  return {...made, row};
}

test("a row of what can be done, over how many seeds, and how far it is", () => {
  const {row} = rowOf();
  for (const drawn of row.element.querySelectorAll("svg")) drawn.remove();
  assert.equal(
    outline(row.element),
    `div class=lab-transport role=toolbar aria-label=lab.transport
  div class=lab-buttons
    button type=button class=lab-button lab-primary data-action=repeat
      span: lab.seeds.repeat 16
    button type=button class=lab-button seeds-cancel data-action=cancel hidden=
      span: lab.seeds.cancel
    button type=button class=lab-button seeds-cancel data-action=go-on hidden=
      span: lab.go_on
  div class=lab-segments role=radiogroup aria-label=lab.seeds.recipe data-name=recipe
    button type=button role=radio data-value=shown aria-checked=true tabindex=0: lab.seeds.recipe.shown
    button type=button role=radio data-value=evidence aria-checked=false tabindex=-1: lab.seeds.recipe.evidence
  label class=lab-field
    span: lab.seeds.count
    input type=text inputmode=numeric autocomplete=off class=lab-box aria-label=lab.seeds.count data-box=seeds
  div class=lab-progress
    div class=lab-bar role=progressbar aria-label=lab.seeds.progress aria-valuemin=0 aria-valuemax=16 aria-valuenow=0
      span style=transform: scaleX(0);
    span class=lab-where: lab.seeds.done 0 16`,
  );
  assert.equal(row.box.value, "16");
  const swept = rowOf({swept: true, config: {limits: {seeds: [2, 64]}, recipe: null}}).row;
  assert.equal(swept.primary.textContent, "lab.seeds.sweep 16");
  assert.equal(swept.element.querySelector("[role=radiogroup]"), null);
});

test("its icons are those of running and stopping", () => {
  const {row} = rowOf();
  const [run, stop, goOn] = [...row.element.querySelectorAll("path")].map((path) => path.getAttribute("d"));
  assert.deepEqual([run, stop, goOn], ["M8 5v14l11-7z", "M6 6h12v12H6z", run]);
});

test("a press repeats, another cancels and waits for that, a choice takes the evidence recipe", () => {
  const {row, page, told} = rowOf();
  row.primary.click();
  row.recipe.buttons.get("evidence").click();
  row.recipe.buttons.get("shown").click();
  assert.deepEqual(told, [["start"], ["setEvidence", true], ["setEvidence", false]]);
  page.evidence = true;
  page.store.add({study: "s", state: "running", done: 3, total: 12}, []);
  row.refresh();
  assert.equal(row.recipe.value, "evidence");
  assert.deepEqual([row.primary.disabled, row.cancel.hasAttribute("hidden")], [true, false]);
  const bar = row.bar;
  assert.equal(bar.firstChild.style.transform, "scaleX(0.25)");
  assert.deepEqual([bar.getAttribute("aria-valuenow"), bar.getAttribute("aria-valuemax")], ["3", "12"]);
  row.cancel.click();
  row.refresh();
  assert.deepEqual([told.at(-1), row.cancel.disabled], [["cancel"], true]);
  page.store.add({state: "canceled"}, []);
  row.refresh();
  assert.deepEqual(
    [row.primary.disabled, row.cancel.disabled, row.cancel.hasAttribute("hidden")],
    [false, false, true],
  );
  page.starting = true;
  row.refresh();
  assert.equal(row.primary.disabled, true);
  page.store.add({total: 0, done: 0}, []);
  row.refresh();
  assert.equal(bar.firstChild.style.transform, "scaleX(0)");
});

test("a number of seeds is taken from end to end or refused in words, and what is typed is left alone", () => {
  const {row, page, told} = rowOf();
  const type = (text) => {
    row.box.value = text;
    row.box.dispatchEvent(new document.defaultView.Event("change"));
    return told.at(-1);
  };
  assert.deepEqual(
    [type("2"), type("64")],
    [
      ["setSeeds", 2],
      ["setSeeds", 64],
    ],
  );
  assert.deepEqual(type("65"), ["say", "refused", "lab.refused.range lab.seeds.count 65 2 64 16"]);
  row.box.focus();
  row.box.value = "3";
  page.seeds = 8;
  row.refresh();
  assert.equal(row.box.value, "3");
  row.box.blur();
  assert.equal(row.box.value, "8");
});

test("the data of a study are linked once there are any", () => {
  const {page} = pageOf();
  const links = new StudyExports(page);
  links.refresh();
  assert.equal(links.element.hidden, true);
  page.store.add({study: "s", done: 0}, []);
  links.refresh();
  assert.equal(links.element.hidden, true);
  page.store.add({done: 1}, []);
  links.refresh();
  const link = (ending, kind) =>
    `  a class=lab-tool lab-kept data-export=${ending} download= title=lab.seeds.export.${kind} ` +
    `href=/export/s${ending}: lab.seeds.export.short.${kind}`;
  assert.equal(
    outline(links.element),
    [
      "span class=lab-exports role=group aria-label=lab.seeds.export",
      link(".csv", "csv"),
      link(".parquet", "parquet"),
      link("-summary.csv", "summarycsv"),
      link("-summary.parquet", "summaryparquet"),
      link(".json", "json"),
    ].join("\n"),
  );
  page.served = false;
  links.refresh();
  assert.equal(links.element.hidden, true);
});
