// The devices that were paired with a room as its desks, each with a button that ends that.

import {when} from "../data/dates.js";
import {h} from "../page/dom.js";
import {twoTaps} from "../page/two_taps.js";

export class Desks {
  /** @param {(key: string, values?: object) => string} t @param {string} language @param {(message: any) => void} say */
  constructor(t, language, say) {
    this.t = t;
    this.language = language;
    this.say = say;
    this.shown = "";
    this.list = h("ul", {class: "room-desks"});
    this.element = h("div", {hidden: true}, h("h2", {}, t("room.desks")), this.list);
  }

  /** @param {any} state the wall's or the desk's */
  draw({desks}) {
    const said = JSON.stringify(desks);
    if (said === this.shown) return; // a button stays where it is while a thumb is on it
    this.shown = said;
    this.element.hidden = !desks.length;
    this.list.replaceChildren(...desks.map((desk) => this.#row(desk)));
  }

  #row({desk, paired_at}) {
    const {t} = this;
    const told = {action: "end-desk", label: t("room.desks.end"), sure: t("room.desks.sure")};
    const end = twoTaps(told, () => this.say({type: "end_desk", desk}));
    return h("li", {"data-desk": desk}, t("room.desks.one", {at: when(paired_at, this.language)}), end);
  }
}
