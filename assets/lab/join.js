// Where a code is typed: two taps, and one is in.

import {ask, reasonOf} from "./page/asking.js";
import {h, setText} from "./page/dom.js";
import {configured, whenThere} from "./room/configured.js";

export class JoinPage {
  /** @param {(address: string) => void} go */
  constructor(go = (address) => location.assign(address)) {
    const {config, t, main} = configured();
    this.config = config;
    this.t = t;
    this.go = go;
    this.box = h("input", {
      class: "room-code-box",
      autocapitalize: "characters",
      autocomplete: "off",
      autocorrect: "off",
      spellcheck: "false",
      maxlength: 12,
      "aria-label": t("room.join.code"),
      placeholder: "ABC DEF",
    });
    this.button = h("button", {class: "room-primary"}, t("room.join.enter"));
    this.trouble = h("p", {class: "room-trouble", role: "alert"}, config.said ?? "");
    const form = h("form", {class: "room-code"}, this.box, this.button);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.enter();
    });
    main.replaceChildren(h("h1", {}, t("room.join.title")), h("p", {}, t("room.join.about")), form, this.trouble);
    this.box.focus();
  }

  async enter() {
    const code = this.box.value.trim();
    if (!code || this.button.disabled) return;
    this.button.disabled = true;
    setText(this.trouble, "");
    try {
      const answer = await ask(`${this.config.rooms}/join`, {
        method: "POST",
        body: JSON.stringify({code, lang: this.config.language}),
      });
      this.go((await answer.json()).address);
    } catch (error) {
      setText(this.trouble, reasonOf(error, this.t("room.unreached")));
      this.button.disabled = false;
      this.box.select();
    }
  }
}

whenThere(() => new JoinPage());
