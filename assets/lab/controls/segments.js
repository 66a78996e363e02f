// Choices of which one holds, as a row of buttons.

import {h} from "../page/dom.js";

/** Choices of which one holds, as a row of buttons. */
export class Segments {
  constructor({label, choices, value, onchange, name}) {
    this.buttons = new Map(
      choices.map((choice) => {
        const pick = () => {
          this.value = choice.value;
          onchange(choice.value);
        };
        const button = h(
          "button",
          {type: "button", role: "radio", "data-value": choice.value, onclick: pick},
          choice.label,
        );
        button.addEventListener("keydown", (event) => this.#move(event));
        return [choice.value, button];
      }),
    );
    const parts = {class: "lab-segments", role: "radiogroup", "aria-label": label, "data-name": name};
    this.element = h("div", parts, ...this.buttons.values());
    this.value = value;
  }

  get value() {
    return this.current;
  }

  set value(value) {
    this.current = value;
    for (const [choice, button] of this.buttons) {
      button.setAttribute("aria-checked", String(choice === value));
      button.tabIndex = choice === value ? 0 : -1;
    }
  }

  #move(event) {
    const turn = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
    if (!turn) return;
    event.preventDefault();
    event.stopPropagation();
    const buttons = [...this.buttons.values()];
    const next = buttons[(buttons.indexOf(event.target) + turn + buttons.length) % buttons.length];
    next.click();
    next.focus();
  }
}
