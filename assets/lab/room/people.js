// Who is in the room, for the desk alone: who has answered, who has the wheel, and who is sent away.

import {h, setFlag, setText} from "../page/dom.js";
import {twoTaps} from "../page/two_taps.js";

export class People {
  /** @param {(key: string, values?: object) => string} t @param {(message: any) => void} say */
  constructor(t, say) {
    this.t = t;
    this.say = say;
    this.head = h("summary", {});
    this.lot = h(
      "button",
      {type: "button", class: "room-quiet", "data-action": "lot", onclick: () => this.drawLot()},
      t("room.wheel.lot"),
    );
    this.back = h(
      "button",
      {type: "button", class: "room-quiet", "data-action": "take", onclick: () => say({type: "give", who: null})},
      t("room.wheel.take"),
    );
    this.list = h("ul", {class: "desk-people"});
    this.element = h("details", {class: "desk-room"}, this.head, h("p", {}, this.lot, this.back), this.list);
    this.people = [];
    this.rows = new Map(); // by number: a row stays where it is while a thumb is on it
  }

  /** Gives the wheel to somebody who is there, by lot. */
  drawLot() {
    const here = this.people.filter((one) => one.here);
    if (here.length) this.say({type: "give", who: here[Math.floor(Math.random() * here.length)].number});
  }

  /** @param {any} state the desk's */
  draw({people, wheel, vote, page}) {
    this.people = people;
    this.list.dataset.turns = String(page.knobs.length > 0); // nobody needs the wheel of a run in which nothing is turned
    this.lot.hidden = !page.knobs.length;
    setText(this.head, this.t("room.desk.people", {count: people.length}));
    this.back.hidden = !wheel;
    this.lot.disabled = !people.some((one) => one.here);
    const numbers = new Set(people.map(({number}) => number));
    for (const [number, row] of this.rows)
      if (!numbers.has(number)) {
        row.element.remove();
        this.rows.delete(number);
      }
    for (const one of people) this.#update(one, wheel?.person === one.number, Boolean(vote));
  }

  #update({number, alias, here, said}, hasWheel, isAsked) {
    if (!this.rows.has(number)) this.rows.set(number, this.#row(number));
    const {element, called, state} = this.rows.get(number);
    setFlag(element, "data-here", here);
    setText(called, alias);
    const states = [
      !here && this.t("room.desk.away"),
      isAsked && here && !said && this.t("room.desk.waiting"),
      hasWheel && this.t("room.desk.wheel"),
    ];
    setText(state, states.filter(Boolean).join(", "));
  }

  #row(number) {
    const called = h("bdi", {});
    const state = h("span", {class: "desk-person-state"});
    const onclick = () => this.say({type: "give", who: number});
    const give = h(
      "button",
      {type: "button", class: "room-quiet", "data-action": "give", onclick},
      this.t("room.wheel.give"),
    );
    const told = {action: "kick", label: this.t("room.desk.kick"), sure: this.t("room.desk.kick.sure")};
    const kick = twoTaps(told, () => this.say({type: "kick", who: number}));
    const element = h("li", {"data-person": number}, called, state, give, kick);
    this.list.append(element);
    return {element, called, state};
  }
}
