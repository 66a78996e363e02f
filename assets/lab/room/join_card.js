// How to come in: the code, where it is typed, and a QR code that leads to it.

import {h, setText} from "../page/dom.js";
import {spaced} from "./code.js";

export class JoinCard {
  /** @param {{typed: string, qr: string}[]} ways @param {(key: string, values?: object) => string} t */
  constructor(ways, t) {
    this.ways = ways;
    this.t = t;
    this.code = h("p", {class: "wall-code wall-code-large"});
    this.typed = h("p", {class: "wall-typed"});
    this.qr = h("div", {class: "wall-qr", role: "img", "aria-label": t("room.wall.qr")});
    this.joined = h("p", {class: "wall-joined", role: "status"});
    this.choice = h(
      "select",
      {"aria-label": t("room.wall.address")},
      ...ways.map(({typed}, i) => h("option", {value: i}, typed)),
    );
    this.choice.addEventListener("change", () => this.#show(Number(this.choice.value)));
    this.choice.hidden = ways.length < 2;
    this.alone = h("p", {class: "wall-alone", hidden: ways.length > 0}, t("room.wall.alone"));
    const words = h("div", {class: "wall-how"}, this.alone, this.typed, this.code, this.joined, this.choice);
    this.element = h("section", {class: "wall-card"}, this.qr, words);
    this.#show(0);
  }

  #show(number) {
    const way = this.ways[number];
    this.qr.hidden = !way;
    if (!way) return;
    this.qr.innerHTML = way.qr;
    setText(this.typed, this.t("room.wall.typed", {address: way.typed}));
  }

  /** @param {any} state the room's */
  draw({code, joined, locked}) {
    setText(this.code, spaced(code));
    const said = this.t(joined === 1 ? "room.joined.one" : "room.joined", {count: joined});
    setText(this.joined, locked ? `${said} ${this.t("room.wall.locked")}` : said);
  }
}
