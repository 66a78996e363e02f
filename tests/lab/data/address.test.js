// The panel writes an address as the script would: test_address.py holds the same cases.

import assert from "node:assert/strict";
import {readFileSync} from "node:fs";
import {test} from "node:test";
import {arrival, idOf, query, toParams, toWatch, write} from "../../../assets/lab/data/address.js";
import {visit} from "../server.js";

const cases = JSON.parse(readFileSync(new URL("../addresses.json", import.meta.url)));

test("what differs from the page's defaults is said, as the script says it", () => {
  for (const {search, told} of cases) {
    const params = toParams(told.settings, told.charts, told.config);
    assert.deepEqual(Object.fromEntries(new URLSearchParams(search)), params);
    assert.equal(query(params).length, search.length);
  }
});

test("numbers are short and exact", () => {
  assert.deepEqual([0, 1, 0.5, 1e-4, 1e-5, 2.5e-7, 1234567, "adam"].map(write), [
    "0",
    "1",
    "0.5",
    "0.0001",
    "1e-05",
    "2.5e-07",
    "1234567",
    "adam",
  ]);
});

test("an address without parameters has no question mark", () => {
  assert.equal(query({}), "");
  assert.equal(query({task: "a b", arms: "x:1;x:2"}), "?task=a%20b&arms=x:1;x:2");
});

test("a link to a run says the run, and of the rest only what another page would be without", () => {
  visit("/app/trick?level=3&seed=7#below");
  const config = {task: "t", language: "en", plain: {task: "t", language: "en"}};
  assert.equal(toWatch("r-1_a", config), "http://lab.test/app/trick?run=r-1_a");
  const told = toWatch("r1", {...config, task: "other", language: "de"});
  assert.equal(told, "http://lab.test/app/trick?run=r1&task=other&lang=de");
});

test("a further arm is told by what differs; what was never set is left out", () => {
  const knobs = ["a", "b"].map((name) => ({name, default: 0}));
  const plain = {task: "t", seed: 1, steps: 2, charts: [], view: "lab", language: "en"};
  const config = {plain, settings: [{name: "unset", default: 0}], knobs, view: "lab", language: "de"};
  const settings = {task: "t", seed: 1, steps: 2, values: {a: 0, b: 0}, extra_arms: [{a: 0, b: 1}]};
  assert.deepEqual(toParams(settings, [], config), {arms: "b:1", lang: "de"});
});

test("a page is come to by a reload, by the browser's history or by a link", () => {
  const {getEntriesByType} = performance;
  const by = (type, again = false) => {
    performance.getEntriesByType = (kind) => (kind === "navigation" && type ? [{type}] : []);
    return arrival(again);
  };
  assert.deepEqual([by("reload"), by("back_forward"), by("navigate"), by(null)], ["reload", "back", "link", "link"]);
  assert.equal(by("reload", true), "link");
  performance.getEntriesByType = getEntriesByType;
});

test("a run is asked for by its id, or by a link that has its id", () => {
  assert.deepEqual(["r1", "r1.k-e_y", ""].map(idOf), ["r1", "r1", ""]);
});
