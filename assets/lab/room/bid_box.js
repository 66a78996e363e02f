// The value of a knob that a student chooses for an experiment.

import {h, setText} from "../page/dom.js";
import {knobControl, knobName, knobValue} from "./knob_control.js";

export class BidBox {
  /** @param {(key: string, values?: object) => string} t @param {(experiment: number, value: any) => void} bid */
  constructor(t, bid) {
    this.t = t;
    this.bid = bid;
    this.shown = "";
    this.value = null; // at which the knob stands here
    this.experiment = 0;
    this.asked = h("p", {});
    this.place = h("div", {class: "room-wheel-knobs"});
    this.say = h("button", {
      type: "button",
      class: "room-primary",
      "data-action": "bid",
      onclick: () => this.bid(this.experiment, this.value),
    });
    this.status = h("p", {class: "room-status", role: "status"});
    this.element = h("div", {class: "room-bid", hidden: true}, this.asked, this.place, this.say, this.status);
  }

  /** @param {?{number: number}} experiment that takes choices, or null @param {any} knob @param {any} said so far */
  draw(experiment, knob, said) {
    this.element.hidden = !experiment || !knob;
    if (!experiment || !knob) return;
    const {t} = this;
    this.experiment = experiment.number;
    const key = JSON.stringify([experiment.number, knob]);
    if (key !== this.shown) this.#build(knob, said ?? knob.value);
    this.shown = key;
    setText(this.asked, t("room.part.choose", {knob: knobName(knob)}));
    setText(this.say, t(said === null ? "room.part.say" : "room.part.again"));
    const values = {knob: knobName(knob), value: knobValue(knob, said, t)};
    setText(this.status, said === null ? "" : t("room.part.chosen", values));
  }

  #build(knob, value) {
    const take = (chosen) => {
      this.value = chosen;
    };
    take(value);
    this.place.replaceChildren(knobControl(knob, value, this.t, {chosen: take, dragged: take}));
  }
}
