// A step's explanation, and how it is often misread.

import {h} from "../page/dom.js";

export class Explanation {
  /** @param {(key: string, values?: object) => string} t */
  constructor(t) {
    this.shown = "";
    this.text = h("div", {class: "room-text"});
    this.misread = h("div", {class: "room-text"});
    this.warning = h("div", {}, h("h2", {}, t("room.misread")), this.misread);
    this.element = h("section", {class: "room-explanation", hidden: true}, this.text, this.warning);
  }

  /** Both are HTML of the server's, in which nothing acts. @param {{explain?: string, misread?: string}} state */
  draw({explain = "", misread = ""}) {
    const said = JSON.stringify([explain, misread]);
    if (said === this.shown) return;
    this.shown = said;
    this.element.hidden = !(explain || misread);
    this.warning.hidden = !misread;
    this.text.innerHTML = explain;
    this.misread.innerHTML = misread;
  }
}
