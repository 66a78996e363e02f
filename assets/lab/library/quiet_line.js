// What has just been done, with a way back, for some seconds; or why it could not be.

import {h, textButton} from "../page/dom.js";

const SHOWN_MS = 10_000;

export class QuietLine {
  constructor() {
    this.text = h("span", {});
    this.button = textButton("undo", "", () => {
      const {undo} = this;
      this.clear();
      undo?.();
    });
    this.element = h("p", {class: "library-line", role: "status"}, this.text, this.button);
    // It waits while somebody is at it.
    for (const name of ["pointerenter", "focusin"]) this.element.addEventListener(name, () => clearTimeout(this.timer));
    for (const name of ["pointerleave", "focusout"]) this.element.addEventListener(name, () => this.#wait());
    this.clear();
  }

  /** @param {string} text @param {{label?: string, undo?: () => void, isTrouble?: boolean}} more */
  say(text, {label = "", undo = null, isTrouble = false} = {}) {
    this.undo = undo;
    this.text.textContent = text;
    this.button.textContent = label;
    this.button.hidden = !undo;
    this.element.toggleAttribute("data-trouble", isTrouble);
    this.element.toggleAttribute("data-said", true);
    this.isLasting = isTrouble;
    this.#wait();
  }

  /** Whether it says so. */
  says(text) {
    return this.text.textContent === text;
  }

  clear() {
    clearTimeout(this.timer);
    this.undo = null;
    this.text.textContent = "";
    this.button.textContent = "";
    this.button.hidden = true;
    this.element.toggleAttribute("data-trouble", false);
    this.element.toggleAttribute("data-said", false);
  }

  // Trouble stays until it is over.
  #wait() {
    clearTimeout(this.timer);
    if (!this.isLasting) this.timer = setTimeout(() => this.clear(), SHOWN_MS);
  }
}
