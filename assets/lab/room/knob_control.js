// A knob on a phone: a slider with its value, or a choice.

import {Scale} from "../data/scale.js";
import {number, symbolText} from "../data/text.js";
import {h, setText} from "../page/dom.js";

const PLACES = 200;

/** What a knob is called: its label and its symbol. @param {{label: string, symbol: string}} knob */
export function knobName({label, symbol}) {
  return symbol ? `${label} ${symbolText(symbol)}` : label;
}

/**
 * A value of a knob as it is said.
 *
 * @param {{name: string, choices: string[]}} knob @param {any} value @param {(key: string) => string} t
 */
export function knobValue({name, choices}, value, t) {
  if (!choices.length) return number(value);
  const key = `choice.${name}.${value}`;
  const label = t(key);
  return label === key ? String(value).replaceAll("_", " ") : label;
}

/**
 * The knob's control, standing at `value`.
 *
 * @param {any} knob as the lab declares it
 * @param {any} value
 * @param {(key: string) => string} t
 * @param {{chosen: (value: any) => void, dragged: (value: any) => void}} on a choice is `chosen`, a slider is `dragged`
 */
export function knobControl(knob, value, t, on) {
  const shown = h("output", {}, knob.choices.length ? "" : number(value));
  const head = h("span", {class: "room-knob-name"}, h("span", {}, knobName(knob)), shown);
  const control = knob.choices.length ? select(knob, value, t, on.chosen) : range(knob, value, shown, on.dragged);
  return h("label", {class: "room-knob", "data-knob": knob.name}, head, control);
}

function select(knob, value, t, chosen) {
  const options = knob.choices.map((choice) =>
    h("option", {value: choice, selected: choice === value}, knobValue(knob, choice, t)),
  );
  const box = h("select", {}, ...options);
  box.addEventListener("change", () => chosen(box.value));
  return box;
}

function range(knob, value, shown, dragged) {
  const scale = new Scale(knob);
  const box = h("input", {type: "range", min: 0, max: PLACES, step: 1});
  box.value = String(Math.round(PLACES * scale.place(value)));
  box.addEventListener("input", () => {
    const turned = scale.value(Number(box.value) / PLACES);
    setText(shown, number(turned));
    dragged(turned);
  });
  return box;
}
