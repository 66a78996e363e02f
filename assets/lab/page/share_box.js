// The links by which a run or a study is shared, in a dialog: made, copied and revoked by whose it is.

import {query} from "../data/address.js";
import {ask, reasonOf} from "./asking.js";
import {copyButton, h, setText, textButton} from "./dom.js";

export class ShareBox {
  /** @type {?string} the id of what it is of */
  id = null;
  links = 0;
  #answered = Promise.resolve();

  /**
   * @param {import("../types.d.ts").Text} t
   * @param {import("../types.d.ts").Config} config where the server is asked (`share`)
   * @param {(id: string, links: number) => void} told hears by how many links one is shared
   */
  constructor(t, config, told = () => {}) {
    this.t = t;
    this.config = config;
    this.told = told;
    this.count = h("p", {role: "status"});
    this.link = h("input", {
      type: "text",
      class: "lab-box lab-code",
      readonly: true,
      "aria-label": t("lab.share.link"),
    });
    this.link.addEventListener("focus", () => this.link.select());
    const copy = copyButton("share", t("lab.share.copy"), t, () => this.link.value);
    this.made = h("div", {}, h("div", {class: "lab-dialog-row"}, this.link, copy), h("p", {}, t("lab.share.once")));
    this.make = textButton("make-link", "", () => this.#ask("POST"));
    this.revoke = textButton("revoke", t("lab.share.revoke"), () => this.#ask("DELETE"));
    this.close = textButton("close", t("lab.share.close"), () => this.element.close());
    this.element = h(
      "dialog",
      {class: "lab-dialog", "aria-label": t("lab.share.title")},
      h("h2", {}, t("lab.share.title")),
      h("p", {}, t("lab.share.about")),
      this.count,
      this.made,
      h("div", {class: "lab-dialog-row"}, this.make, this.revoke, this.close),
    );
  }

  /** Shows how the one of that id is shared. @param {string} id */
  async open(id) {
    if (id !== this.id) this.#answered = Promise.resolve();
    this.id = id;
    this.link.value = "";
    this.#show(0, "");
    this.element.showModal();
    await this.#ask("GET");
  }

  // Asks once what was asked before is answered: of two that are under way, the older answer may come last.
  #ask(method) {
    const {id} = this;
    this.#answered = this.#answered.then(() => this.#answer(method, id));
    return this.#answered;
  }

  // Asks for it, and shows how it is then, or why it could not be.
  async #answer(method, id) {
    const {t} = this;
    const {share, language} = this.config;
    try {
      const answer = await ask(`${share}${query({id, lang: language})}`, {method});
      const {links, shown, address = ""} = await answer.json();
      if (id !== this.id) return;
      this.link.value = address && new URL(address, location.href).href;
      this.#show(links, `${this.#said(links)}${shown ? ` ${t("lab.share.shown")}` : ""}`);
      if (address) this.link.focus();
      this.told(id, links);
    } catch (error) {
      if (id === this.id) this.#show(this.links, reasonOf(error, t("lab.share.unreached")));
    }
  }

  #said(links) {
    if (links === 0) return this.t("lab.share.count.none");
    return links === 1 ? this.t("lab.share.count.one") : this.t("lab.share.count", {count: links});
  }

  #show(links, text) {
    this.links = links;
    setText(this.count, text);
    setText(this.make, this.t(links ? "lab.share.make.another" : "lab.share.make"));
    this.made.hidden = !this.link.value;
    this.revoke.hidden = !links;
  }
}

/** A button that opens the dialog (`box`) for what a page watches, where that is the visitor's own. */
export class ShareTool {
  /** @param {import("../stage.js").Stage} page */
  constructor(page) {
    const {t, config} = page;
    this.page = page;
    this.box = new ShareBox(t, config);
    this.element = h("button", {type: "button", class: "lab-tool", "data-action": "share"}, t("lab.share"));
    this.element.title = t("lab.share.help");
    this.element.addEventListener("click", () => this.box.open(page.watched));
  }

  refresh() {
    this.element.hidden = this.page.role === "visit";
  }
}
