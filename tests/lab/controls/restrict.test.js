import assert from "node:assert/strict";
import {test} from "node:test";
import {hold, restrict} from "../../../assets/lab/controls/restrict.js";
import {Reach} from "../../../assets/lab/data/reach.js";
import {h} from "../../../assets/lab/page/dom.js";
import "../dom.js";
import {labOf} from "../lab.js";

const field = () => h("label", {}, h("span", {}, "seed"), h("input", {}), h("button", {}), h("select", {}));
const state = ({title, hidden, children}) => [title, hidden, [...children].slice(1).map(({disabled}) => disabled)];

test("a control is left out, held, or left as it is", () => {
  const lab = labOf(undefined, {reach: new Reach({show: ["seed", "lr"], lock: ["seed"], strict: false})});
  const seen = ["steps", "seed", "lr"].map((name) => {
    const element = field();
    restrict(lab, name, element);
    return state(element);
  });
  assert.deepEqual(seen, [
    ["", true, [false, false, false]],
    ["lab.reach.locked", false, [true, true, true]],
    ["", false, [false, false, false]],
  ]);
});

test("what is held says why, and has a mark before its name", () => {
  const element = field();
  hold(element, "because");
  const [name, ...controls] = element.children;
  assert.deepEqual(
    controls.map((control) => control.getAttribute("aria-description")),
    ["because", "because", "because"],
  );
  assert.ok(name.firstElementChild.classList.contains("lab-lock"));
  assert.ok(element.hasAttribute("data-locked"));
});

test("a button alone is held itself", () => {
  const button = h("button", {});
  hold(button, "because");
  assert.deepEqual(
    [button.disabled, button.title, button.getAttribute("aria-description")],
    [true, "because", "because"],
  );
});
