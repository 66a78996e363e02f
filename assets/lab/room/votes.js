// A question with what came of its votes, drawn when that is another.

import {h} from "../page/dom.js";
import {tally} from "./tally.js";

export class Votes {
  /** @param {(key: string, values?: object) => string} t @param {string} name the class of the section */
  constructor(t, name) {
    this.t = t;
    this.shown = "";
    this.element = h("section", {class: name, hidden: true});
  }

  /**
   * @param {any} question
   * @param {any} result as `tally` takes it; null or undefined: there is nothing to show
   * @param {number} [own] what this device has said
   */
  draw(question, result, own) {
    this.element.hidden = !result;
    const said = JSON.stringify([question, result, own]);
    if (!result || said === this.shown) return;
    this.shown = said;
    const text = h("div", {class: "room-text"});
    text.innerHTML = question.text;
    this.element.replaceChildren(text, tally(question, result, this.t, own));
  }
}
