// What pairs another device with the room as the teacher's desk: a QR code shown on request, for two minutes, once.

import {ask, oneAtATime, reasonOf} from "../page/asking.js";
import {h} from "../page/dom.js";
import {Desks} from "./desks.js";

export class PairBox {
  /**
   * @param {{rooms: string, room: string, language: string}} config
   * @param {(key: string, values?: object) => string} t
   * @param {(message: any) => void} say
   */
  constructor(config, t, say) {
    this.config = config;
    this.timer = null; // until what is shown is too old
    this.t = t;
    const alone = oneAtATime(); // of two keys only the newer pairs
    this.button = h(
      "button",
      {type: "button", class: "room-quiet", "data-action": "pair", onclick: () => alone(() => this.#show())},
      t("room.pair.button"),
    );
    this.body = h("div", {class: "room-pair-body"});
    this.close = h(
      "button",
      {type: "button", class: "room-quiet", onclick: () => this.dialog.close()},
      t("room.pair.close"),
    );
    this.desks = new Desks(t, config.language, say);
    this.dialog = h(
      "dialog",
      {class: "room-dialog", "aria-label": t("room.pair.title")},
      this.body,
      this.desks.element,
      this.close,
    );
    this.element = h("div", {class: "room-pair"}, this.button, this.dialog);
  }

  async #show() {
    const {t} = this;
    clearTimeout(this.timer);
    try {
      const answer = await ask(`${this.config.rooms}/${this.config.room}/pair`, {method: "POST"});
      const {here, seconds, ways} = await answer.json();
      const qr = h("div", {class: "wall-qr"});
      qr.innerHTML = ways[0]?.qr ?? "";
      this.body.replaceChildren(
        h("h2", {}, t("room.pair.title")),
        qr,
        h("p", {}, t(ways.length ? "room.pair.about" : "room.pair.alone")),
        h("a", {href: here, target: "_blank", rel: "noopener"}, t("room.pair.here")),
      );
      this.timer = setTimeout(() => this.dialog.close(), 1000 * seconds);
    } catch (error) {
      this.body.replaceChildren(h("p", {role: "alert"}, reasonOf(error, t("room.unreached"))));
    }
    if (!this.dialog.open) this.dialog.showModal();
  }
}
