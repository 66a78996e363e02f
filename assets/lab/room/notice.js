// The one line in which a page of a room says what is the matter.

import {h, setText} from "../page/dom.js";

const READ_MS = 6000; // for which a refusal stands, while the room's states go on coming
const OVER = ["kicked", "ended", "full", "locked", "closed"];

export class Notice {
  /** @param {(key: string, values?: object) => string} t */
  constructor(t) {
    this.t = t;
    this.lasting = "";
    this.timer = null; // while a refusal is read
    this.element = h("p", {class: "room-notice", role: "status", hidden: true});
  }

  /** What stands until something else is said. @param {string} text "": nothing */
  say(text) {
    if (text === this.lasting) return;
    this.lasting = text;
    if (text) this.#end();
    if (this.timer === null) this.#show(text);
  }

  /**
   * Something was not done, for a reason that the page has words for, or by a rule of the lab's, which the message says.
   *
   * @param {{why: string, message: string}} refused
   */
  refuse({why, message}) {
    const key = `room.refused.${why}`;
    const text = this.t(key);
    this.#end();
    this.#show(text === key ? message : text);
    this.timer = setTimeout(() => {
      this.timer = null;
      this.#show(this.lasting);
    }, READ_MS);
  }

  /** The connection is gone. @param {boolean} isOver for good, for a `reason` of the server's */
  lose(isOver, reason) {
    this.say(this.t(isOver ? `room.over.${OVER.includes(reason) ? reason : "gone"}` : "room.lost"));
  }

  #end() {
    clearTimeout(this.timer);
    this.timer = null;
  }

  #show(text) {
    this.element.hidden = !text;
    setText(this.element, text);
  }
}
