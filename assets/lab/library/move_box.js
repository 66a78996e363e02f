// The library goes to another browser, or comes from one, in a dialog: by a code that is shown there and typed here.

import {query} from "../data/address.js";
import {count} from "../data/text.js";
import {ask, oneAtATime, reasonOf} from "../page/asking.js";
import {h, setText, textButton} from "../page/dom.js";

export class MoveBox {
  /**
   * @param {import("../types.d.ts").Text} t
   * @param {import("../types.d.ts").Config} config where the server is asked (`move`)
   * @param {() => void} come hears that runs have come
   */
  constructor(t, {move, language}, come) {
    this.t = t;
    this.path = `${move}${query({lang: language})}`;
    this.come = come;
    const alone = oneAtATime(); // of two codes only the newer is valid, and one that was used is refused
    const take = () => alone(() => this.#take());
    this.code = h("output", {class: "lab-code"});
    this.given = h("p", {}, t("library.move.given"));
    this.typed = h("input", {type: "text", class: "lab-box lab-code", autocomplete: "off", spellcheck: "false"});
    this.typed.setAttribute("aria-label", t("library.move.code"));
    this.typed.setAttribute("maxlength", "40");
    this.typed.addEventListener("keydown", (event) => event.key === "Enter" && take());
    this.line = h("p", {role: "status"});
    this.give = textButton("give", t("library.move.give"), () => alone(() => this.#give()));
    this.take = textButton("take", t("library.move.take"), take);
    this.element = h(
      "dialog",
      {class: "lab-dialog", "aria-label": t("library.move")},
      h("h2", {}, t("library.move")),
      h("h3", {}, t("library.move.there")),
      h("p", {}, t("library.move.about")),
      h("div", {class: "lab-dialog-row"}, this.give, this.code),
      this.given,
      h("h3", {}, t("library.move.here")),
      h("p", {}, t("library.move.here.about")),
      h("div", {class: "lab-dialog-row"}, this.typed, this.take),
      this.line,
      h(
        "div",
        {class: "lab-dialog-row"},
        textButton("close", t("library.move.close"), () => this.element.close()),
      ),
    );
  }

  /** Shows it, with no code yet. */
  open() {
    this.#show("");
    setText(this.line, "");
    this.typed.value = "";
    this.element.showModal();
  }

  async #give() {
    const told = await this.#ask({});
    this.#show(told?.code ?? "");
  }

  async #take() {
    const told = await this.#ask({code: this.typed.value});
    if (!told) return;
    this.typed.value = "";
    const key = told.moved === 1 ? "library.move.done.one" : "library.move.done";
    setText(this.line, this.t(key, {count: count(told.moved)}));
    this.come();
  }

  // What the server tells; null where it refuses, which is said.
  async #ask(data) {
    try {
      const headers = {"content-type": "application/json"};
      const answer = await ask(this.path, {method: "POST", body: JSON.stringify(data), headers});
      setText(this.line, "");
      return await answer.json();
    } catch (error) {
      setText(this.line, reasonOf(error, this.t("library.unreached")));
      return null;
    }
  }

  #show(code) {
    setText(this.code, code);
    this.given.hidden = !code;
  }
}
