import assert from "node:assert/strict";
import {readdirSync} from "node:fs";
import {beforeEach, test} from "node:test";
import {loadStyles} from "../../../assets/lab/page/styles.js";

const SHEETS = readdirSync(new URL("../../../assets/lab/css", import.meta.url)).map((name) => name.replace(".css", ""));

// As much of a document as the links need.
let links = [];

function makeLink() {
  const link = {dataset: {}, append() {}};
  link.setAttribute = (name, value) => {
    if (name === "data-sheets") link.dataset.sheets = value;
    else link[name] = value;
  };
  return link;
}

beforeEach(() => {
  links = [];
  globalThis.document = {
    createElement: makeLink,
    querySelectorAll: () => links,
    head: {append: (link) => links.push(link)},
  };
});

const names = () => links.flatMap(({dataset}) => dataset.sheets.split("+"));

test("a module's sheets come as one, and once", () => {
  loadStyles("many");
  loadStyles("many");
  assert.equal(links.length, 1);
  assert.equal(links[0].rel, "stylesheet");
  assert.match(links[0].href, /assets\/lab\/css\/base\+controls\+.*\+many\.css$/);
});

test("another module adds what is missing, after what all pages have", () => {
  for (const module of ["lab", "many", "seeds"]) loadStyles(module);
  assert.deepEqual(names().slice(-2), ["many", "seeds"]);
  assert.equal(new Set(names()).size, names().length);
  links = [];
  for (const module of ["seeds", "many", "lab"]) loadStyles(module);
  assert.equal(links.length, 2);
  assert.deepEqual(names().slice(0, 3), ["base", "controls", "transport"]);
  assert.equal(names().at(-1), "print");
});

test("sheets of the lab before an upgrade count for nothing", () => {
  loadStyles("many");
  links[0].href = links[0].href.replace("assets/lab", "assets/older");
  loadStyles("many");
  assert.equal(links.length, 2);
  assert.equal(links[0].dataset.sheets, links[1].dataset.sheets);
});

test("every sheet there is belongs to a page, and every page's sheets are there", () => {
  const pages = [
    "lab",
    "many",
    "seeds",
    "library",
    "lessons",
    "door",
    "join",
    "student",
    "wall",
    "desk",
    "report",
    "alone",
  ];
  for (const module of pages) loadStyles(module);
  assert.deepEqual(names().sort(), SHEETS.sort());
});
