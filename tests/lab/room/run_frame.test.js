import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {RunFrame, wayOf} from "../../../assets/lab/room/run_frame.js";
import {happen as happenTo} from "../dom.js";
import {happen, visit} from "../server.js";

let told;
let keys;
let frame;
let inside;

beforeEach(() => {
  visit();
  [told, keys, inside] = [[], [], new EventTarget()];
  frame = new RunFrame("The run", {run: (id) => told.push(id), key: ({key}) => keys.push(key)});
  Object.defineProperty(frame.element, "contentWindow", {value: inside, configurable: true});
});

const post = (data, {source = inside, origin = "http://lab.test"} = {}) => happen("message", {data, source, origin});
const press = (key) => inside.dispatchEvent(Object.assign(new Event("keydown", {cancelable: true}), {key}));

test("a page is loaded once, and again for something else", () => {
  const loads = [];
  Object.defineProperty(frame.element, "src", {set: (address) => loads.push(address)});
  frame.show("/a", 0);
  frame.show("/a", 0);
  frame.show("/a", 1);
  frame.show("/b", 1);
  assert.deepEqual(loads, ["/a", "/a", "/b"]);
});

test("of its run it hears from that page and this origin alone", () => {
  const run = {type: "trick-lab-run", run: "r1"};
  post(run, {source: /** @type {any} */ ({})});
  post(run, {origin: "http://other.test"});
  for (const data of [null, undefined, "r1", {type: "other", run: "r1"}, {...run, run: ""}, {...run, run: null}])
    post(data);
  assert.deepEqual(told, []);
  post(run);
  assert.deepEqual(told, ["r1"]);
});

test("keys that mean nothing to the page are handed on, after each load", () => {
  for (let loads = 0; loads < 2; loads += 1) {
    inside = new EventTarget();
    Object.defineProperty(frame.element, "contentWindow", {value: inside, configurable: true});
    inside.addEventListener(
      "keydown",
      (event) => /** @type {any} */ (event).key === "ArrowRight" && event.preventDefault(),
    );
    happenTo(frame.element, "load");
    for (const key of ["PageDown", "ArrowRight"]) press(key);
  }
  assert.deepEqual(keys, ["PageDown", "PageDown"]);
});

test("a page that is not to be looked into is left alone", () => {
  Object.defineProperty(frame.element, "contentWindow", {
    value: {
      addEventListener: () => {
        throw new Error("SecurityError");
      },
    },
  });
  happenTo(frame.element, "load");
});

test("a clicker goes on and back, and no key with a modifier does", () => {
  const way = (key, more = {}) => wayOf(/** @type {any} */ ({key, ...more}));
  assert.deepEqual(
    ["PageDown", "ArrowRight", "PageUp", "ArrowLeft", "ArrowDown", "a"].map((key) => way(key)),
    [1, 1, -1, -1, 0, 0],
  );
  for (const modifier of ["ctrlKey", "metaKey", "altKey"]) assert.equal(way("ArrowLeft", {[modifier]: true}), 0);
});
