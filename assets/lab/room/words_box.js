// A box for words of one's own: one line that shows all of itself, and no longer than it may be.

import {h, setText} from "../page/dom.js";

/** Words with nothing in them that is not seen or turns the line around, as names are (`plain_name` of the server). */
export function plainWords(typed) {
  return typed.replace(/\s+/gu, " ").replace(/\p{C}/gu, "").replace(/ +/g, " ").trim();
}

export class WordsBox {
  /**
   * @param {(key: string, values?: object) => string} t
   * @param {{label: string, most: number}} about what it is called, and how many characters it takes
   * @param {(words: string) => void} said hears the words as they are typed, while they are not too many
   */
  constructor(t, {label, most}, said) {
    this.t = t;
    this.most = most;
    this.said = said;
    this.box = h("textarea", {rows: 3, "aria-label": label, placeholder: label, dir: "auto"});
    this.trouble = h("p", {class: "room-trouble", role: "alert"});
    this.box.addEventListener("input", () => this.#typed());
    this.element = h("div", {class: "room-words"}, this.box, this.trouble);
  }

  /** Shows words, unless somebody is typing. @param {string} words */
  draw(words) {
    if (document.activeElement !== this.box && plainWords(this.box.value) !== words) this.box.value = words;
  }

  #typed() {
    const words = plainWords(this.box.value);
    const {length} = [...words];
    const fits = length <= this.most;
    setText(this.trouble, fits ? "" : this.t("alone.long", {most: this.most, length}));
    if (fits) this.said(words);
  }
}
