import assert from "node:assert/strict";
import {test} from "node:test";
import {Segments} from "../../../assets/lab/controls/segments.js";
import {outline} from "../dom.js";

function segmentsOf() {
  const changes = [];
  const choices = ["a", "b", "c"].map((value) => ({value, label: value.toUpperCase()}));
  const segments = new Segments({label: "L", name: "n", choices, value: "b", onchange: (value) => changes.push(value)});
  document.body.append(segments.element);
  return {segments, changes, buttons: [...segments.buttons.values()]};
}

test("one of a row of buttons holds, and it alone is reached by Tab", () => {
  const {segments, changes, buttons} = segmentsOf();
  const button = (value, on) =>
    `  button type=button role=radio data-value=${value} aria-checked=${on} tabindex=${on ? 0 : -1}: ${value.toUpperCase()}`;
  const rows = [
    "div class=lab-segments role=radiogroup aria-label=L data-name=n",
    button("a", false),
    button("b", true),
    button("c", false),
  ];
  assert.equal(outline(segments.element), rows.join("\n"));
  buttons[2].click();
  assert.deepEqual([segments.value, changes, buttons[1].getAttribute("aria-checked")], ["c", ["c"], "false"]);
  segments.value = "a";
  assert.deepEqual([segments.value, changes.length, buttons[0].tabIndex], ["a", 1, 0]);
});

test("arrow keys go round, and belong to it alone", () => {
  const {changes, buttons} = segmentsOf();
  const press = (at, key) => {
    const {KeyboardEvent} = document.defaultView;
    const event = new KeyboardEvent("keydown", {key, cancelable: true, bubbles: true});
    let heard = false;
    const hear = () => {
      heard = true;
    };
    document.body.addEventListener("keydown", hear);
    buttons[at].dispatchEvent(event);
    document.body.removeEventListener("keydown", hear);
    return [changes.at(-1), document.activeElement.dataset.value, event.defaultPrevented, heard];
  };
  assert.deepEqual(press(1, "Enter"), [undefined, undefined, false, true]);
  assert.deepEqual(press(1, "ArrowRight"), ["c", "c", true, false]);
  assert.deepEqual(press(2, "ArrowDown"), ["a", "a", true, false]);
  assert.deepEqual(press(0, "ArrowLeft"), ["c", "c", true, false]);
  assert.deepEqual(press(2, "ArrowUp"), ["b", "b", true, false]);
});
