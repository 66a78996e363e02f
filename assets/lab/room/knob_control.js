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

/** Several knobs by name. @param {any[]} knobs @param {(key: string, values?: object) => string} t */
export function knobNames(knobs, t) {
  const [one, other] = knobs.map(knobName);
  return other === undefined ? one : t("room.knobs", {one, other});
}

/** A value of each knob, as it is said. @param {any[]} knobs @param {any[]} values @param {(key: string) => string} t */
export function settingText(knobs, values, t) {
  return knobs.map((knob, i) => `${knobName(knob)} = ${knobValue(knob, values[i], t)}`).join(", ");
}

/** Where a knob's control stands at first: of the `values` that it may have, that which is nearest to its own. */
export function startOf({value, values}) {
  if (!values || values.includes(value)) return value;
  const away = values.map((one) => Math.abs(one - value));
  return values[Math.max(0, away.indexOf(Math.min(...away)))];
}

/**
 * The knob's control, standing at `value`.
 *
 * @param {any} knob as the lab declares it; where it may have some `values` only, with these
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
  const options = (knob.values ?? knob.choices).map((choice) =>
    h("option", {value: choice, selected: choice === value}, knobValue(knob, choice, t)),
  );
  const box = h("select", {}, ...options);
  box.addEventListener("change", () => chosen(box.value));
  return box;
}

function range(knob, value, shown, dragged) {
  const {last, place, at} = knob.values ? among(knob.values) : along(new Scale(knob));
  const box = h("input", {type: "range", min: 0, max: last, step: 1});
  box.value = String(place(value));
  box.addEventListener("input", () => {
    const turned = at(Number(box.value));
    setText(shown, number(turned));
    dragged(turned);
  });
  return box;
}

function along(scale) {
  return {
    last: PLACES,
    place: (value) => Math.round(PLACES * scale.place(value)),
    at: (place) => scale.value(place / PLACES),
  };
}

function among(values) {
  return {last: values.length - 1, place: (value) => values.indexOf(value), at: (place) => values[place]};
}
