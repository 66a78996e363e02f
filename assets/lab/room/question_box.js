// A question on a phone: what is asked, what may be answered while the vote is open, and what was.

import {number, parse} from "../data/text.js";
import {h, setText} from "../page/dom.js";

export class QuestionBox {
  /** @param {(key: string, values?: object) => string} t @param {(vote: number, value: number) => void} answer */
  constructor(t, answer) {
    this.t = t;
    this.answer = answer;
    this.taken = new Map(); // by vote: what the server has
    this.owed = new Map(); // by vote: what was said here, and is not known to have come
    this.question = null;
    this.vote = null; // the newest on the question
    this.shown = "";
    this.controls = []; // with which is answered
    this.choices = [];
    this.again = h("p", {class: "room-again"}, t("room.vote.again"));
    this.text = h("div", {class: "room-text"});
    this.body = h("div", {class: "room-answers"});
    this.status = h("p", {class: "room-status", role: "status"});
    this.clock = h("p", {class: "room-status"});
    this.element = h("section", {class: "room-question"}, this.again, this.text, this.body, this.status, this.clock);
  }

  /** What was answered in a vote; undefined where nothing was. */
  said(vote) {
    return this.owed.get(vote) ?? this.taken.get(vote);
  }

  /** What the server has of this device's answers, by vote; what it lacks is sent again. */
  know(said) {
    this.taken = new Map(Object.entries(said).map(([vote, value]) => [Number(vote), value]));
    for (const [vote, value] of [...this.owed]) {
      this.confirm(vote, this.taken.get(vote));
      if (this.owed.has(vote)) this.answer(vote, value);
    }
  }

  /** An answer has come; a later one may be on its way. */
  confirm(vote, value) {
    if (value === undefined) return;
    this.taken.set(vote, value);
    if (this.owed.get(vote) === value) this.owed.delete(vote);
  }

  /** What is on its way is not taken: what the server has stands. */
  forget() {
    this.owed.clear();
  }

  /** @param {any} state the room's; without a question nothing is shown @param {number} leftS until the vote closes */
  draw({step, question, vote}, leftS) {
    this.element.hidden = !question;
    if (!question) return;
    this.question = question;
    this.vote = vote?.number ?? null;
    const asked = JSON.stringify([step, vote?.number, question]);
    if (asked !== this.shown) this.#build(question);
    this.shown = asked;
    const isOpen = Boolean(vote) && leftS > 0;
    this.again.hidden = !vote?.again;
    for (const control of this.controls) control.disabled = !isOpen;
    this.#mark();
    const closed = vote ? "room.vote.closed" : "room.vote.soon";
    setText(this.clock, isOpen ? this.t("room.vote.left", {seconds: Math.ceil(leftS)}) : this.t(closed));
    this.clock.hidden = question.kind === "open";
  }

  #build(question) {
    this.text.innerHTML = question.text;
    this.choices = question.kind === "choice" ? question.choices.map((choice, i) => this.#choice(choice, i)) : [];
    this.controls = this.choices;
    this.body.replaceChildren(...(question.kind === "number" ? this.#number(question) : this.choices));
  }

  #choice(choice, value) {
    const onclick = () => this.#say(value);
    return h("button", {type: "button", class: "room-choice", "data-choice": value, onclick}, choice);
  }

  #number({low, high, unit}) {
    const label = this.t("room.vote.number");
    const box = h("input", {class: "room-number", inputmode: "decimal", autocomplete: "off", "aria-label": label});
    const button = h("button", {class: "room-primary", "data-action": "say"}, this.t("room.vote.say"));
    const trouble = h("p", {class: "room-trouble", role: "alert"});
    const form = h("form", {class: "room-typed"}, box, h("span", {}, unit), button);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (box.disabled) return;
      const value = parse(box.value);
      const fits = value >= low && value <= high;
      setText(trouble, fits ? "" : this.t("room.vote.range", {low: number(low), high: number(high)}));
      if (fits) this.#say(value);
    });
    this.controls = [box, button];
    return [form, trouble];
  }

  #say(value) {
    this.owed.set(this.vote, value);
    this.answer(this.vote, value);
    this.#mark();
  }

  #mark() {
    const said = this.said(this.vote);
    for (const [value, button] of this.choices.entries()) button.setAttribute("aria-pressed", String(said === value));
    const key = this.owed.has(this.vote) ? "room.vote.sending" : "room.vote.in";
    setText(this.status, said === undefined ? "" : this.t(key, {said: this.#called(said)}));
  }

  #called(said) {
    const {kind, choices, unit} = this.question;
    return kind === "choice" ? choices[said] : `${number(said)} ${unit}`.trim();
  }
}
