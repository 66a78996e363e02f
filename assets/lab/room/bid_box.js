// The value of a knob, or of two, that a student chooses for an experiment.

import {h, setText} from "../page/dom.js";
import {knobControl, knobNames, settingText, startOf} from "./knob_control.js";

export class BidBox {
  /** @param {(key: string, values?: object) => string} t @param {(experiment: number, values: any[]) => void} bid */
  constructor(t, bid) {
    this.t = t;
    this.bid = bid;
    this.shown = "";
    this.values = []; // at which the knobs stand here
    this.experiment = 0;
    this.asked = h("p", {});
    this.place = h("div", {class: "room-wheel-knobs"});
    this.say = h("button", {
      type: "button",
      class: "room-primary",
      "data-action": "bid",
      onclick: () => this.bid(this.experiment, this.values),
    });
    this.status = h("p", {class: "room-status", role: "status"});
    this.element = h("div", {class: "room-bid", hidden: true}, this.asked, this.place, this.say, this.status);
  }

  /** @param {?{number: number}} experiment that takes choices, or null @param {any[]} knobs @param {?any[]} said so far */
  draw(experiment, knobs, said) {
    this.element.hidden = !experiment || !knobs.length;
    if (this.element.hidden) return;
    const {t} = this;
    this.experiment = experiment.number;
    const key = JSON.stringify([experiment.number, knobs]);
    if (key !== this.shown) this.#build(knobs, said ?? knobs.map(startOf));
    this.shown = key;
    setText(this.asked, t("room.part.choose", {knob: knobNames(knobs, t)}));
    setText(this.say, t(said === null ? "room.part.say" : "room.part.again"));
    setText(this.status, said === null ? "" : t("room.part.chosen", {setting: settingText(knobs, said, t)}));
  }

  #build(knobs, values) {
    this.values = [...values];
    const controls = knobs.map((knob, i) => {
      const take = (chosen) => {
        this.values = Object.assign([...this.values], {[i]: chosen});
      };
      return knobControl(knob, values[i], this.t, {chosen: take, dragged: take});
    });
    this.place.replaceChildren(...controls);
  }
}
