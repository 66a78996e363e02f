// The knobs of the shared run, on the phone of the student who has the wheel.

import {h, setText} from "../page/dom.js";
import {knobControl} from "./knob_control.js";

const PACE_MS = 60; // between two messages, while a knob is dragged

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
    return knobControl(knob, value, this.t, {
      chosen: (turned) => this.turn(knob.name, turned),
      dragged: (turned) => {
        this.waiting.set(knob.name, turned);
        this.timer ??= setTimeout(() => this.#send(), PACE_MS);
      },
    });
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
