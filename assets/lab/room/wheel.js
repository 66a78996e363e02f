// The knobs of the shared run, on the phone of the student who has the wheel.

import {Scale} from "../data/scale.js";
import {number, symbolText} from "../data/text.js";
import {h, setText} from "../page/dom.js";

const PACE_MS = 60; // between two messages, while a knob is dragged
const PLACES = 200;

export class Wheel {
  /** @param {(key: string, values?: object) => string} t @param {(name: string, value: any) => void} turn */
  constructor(t, turn) {
    this.t = t;
    this.turn = turn;
    this.waiting = new Map(); // by knob: the value that is sent next
    this.timer = null;
    this.shown = "";
    this.head = h("p", {class: "room-wheel-head"});
    this.knobs = h("div", {class: "room-wheel-knobs"});
    this.element = h("section", {class: "room-wheel", hidden: true}, this.head, this.knobs);
  }

  /**
   * @param {any[]} knobs as the lab declares them
   * @param {number} leftS 0: somebody else has it, or nobody
   * @param {(knob: any) => any} held at what a knob stands
   */
  draw(knobs, leftS, held) {
    const has = leftS > 0 && knobs.length > 0;
    this.element.hidden = !has;
    if (!has) {
      this.shown = ""; // the next time they stand where the run has them then
      this.#drop();
      return;
    }
    setText(this.head, this.t("room.wheel.yours", {seconds: Math.ceil(leftS)}));
    const said = JSON.stringify(knobs);
    if (said !== this.shown) this.knobs.replaceChildren(...knobs.map((knob) => this.#knob(knob, held(knob))));
    this.shown = said;
  }

  #knob(knob, value) {
    const shown = h("output", {}, knob.choices.length ? "" : number(value));
    const name = knob.symbol ? `${knob.label} ${symbolText(knob.symbol)}` : knob.label;
    const head = h("span", {class: "room-knob-name"}, h("span", {}, name), shown);
    const control = knob.choices.length ? this.#select(knob, value) : this.#range(knob, value, shown);
    return h("label", {class: "room-knob", "data-knob": knob.name}, head, control);
  }

  #select({name, choices}, value) {
    const options = choices.map((choice) =>
      h("option", {value: choice, selected: choice === value}, this.#called(name, choice)),
    );
    const select = h("select", {}, ...options);
    select.addEventListener("change", () => this.turn(name, select.value));
    return select;
  }

  #called(name, choice) {
    const key = `choice.${name}.${choice}`;
    const label = this.t(key);
    return label === key ? choice.replaceAll("_", " ") : label;
  }

  #range(knob, value, shown) {
    const scale = new Scale(knob);
    const range = h("input", {type: "range", min: 0, max: PLACES, step: 1});
    range.value = String(Math.round(PLACES * scale.place(value)));
    range.addEventListener("input", () => {
      const turned = scale.value(Number(range.value) / PLACES);
      setText(shown, number(turned));
      this.waiting.set(knob.name, turned);
      this.timer ??= setTimeout(() => this.#send(), PACE_MS);
    });
    return range;
  }

  #send() {
    const turned = [...this.waiting];
    this.#drop();
    for (const [name, value] of turned) this.turn(name, value);
  }

  #drop() {
    clearTimeout(this.timer);
    this.timer = null;
    this.waiting.clear();
  }
}
