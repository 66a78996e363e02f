import assert from "node:assert/strict";
import {readdirSync} from "node:fs";
import {beforeEach, test} from "node:test";
import {loadStyles} from "../../../assets/lab/page/styles.js";

const SHEETS = readdirSync(new URL("../../../assets/lab/css", import.meta.url)).map((name) => name.replace(".css", ""));

// As much of a document as the links need: a head whose children know their place.
let links = [];

class Link {
  dataset = {};

  setAttribute(name, value) {
    if (name === "data-sheet") this.dataset.sheet = value;
    else this[name] = value;
  }

  append() {}

  before(other) {
    links.splice(links.indexOf(this), 0, other);
  }
}

beforeEach(() => {
  links = [];
  globalThis.document = {
    createElement: () => new Link(),
    querySelectorAll: () => links,
    head: {append: (link) => links.push(link)},
  };
});

const names = () => links.map(({dataset}) => dataset.sheet);

test("each sheet is added once", () => {
  loadStyles("many");
  const before = names();
  loadStyles("many");
  assert.deepEqual(names(), before);
  assert.equal(new Set(before).size, before.length);
  assert.equal(links[0].rel, "stylesheet");
  assert.match(links[0].href, /assets\/lab\/css\/base\.css$/);
});

test("the order is the same whichever page was opened first", () => {
  for (const module of ["lab", "many", "seeds"]) loadStyles(module);
  const order = names();
  links = [];
  for (const module of ["seeds", "many", "lab"]) loadStyles(module);
  assert.deepEqual(names(), order);
  assert.ok(order.indexOf("present") < order.indexOf("many") && order.indexOf("many") < order.indexOf("print"));
});

test("every sheet there is belongs to a page, and every page's sheets are there", () => {
  for (const module of ["lab", "many", "seeds", "door"]) loadStyles(module);
  assert.deepEqual(names().sort(), SHEETS.sort());
});
