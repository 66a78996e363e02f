// Files of runs on their way into the library, chosen or dropped: one after another, and what became of each.

import {query} from "../data/address.js";
import {count} from "../data/text.js";
import {h, setFlag, setText, textButton} from "../page/dom.js";
import {title} from "./card_text.js";
import {archivesIn} from "./parcel.js";
import {send} from "./sending.js";

const KINDS = ".zip,.csv,.json";
const MOST_SHOWN = 50; // of those that came well
const MIB = 2 ** 20;

/** @typedef {import("./listing.js").Card} Card */

export class ImportBox {
  /** @type {{name: string, content: Blob}[]} what is to be sent still */
  waiting = [];
  done = {fresh: 0, here: 0, refused: 0};
  isGoing = false;
  isGone = false;

  /**
   * @param {import("../types.d.ts").Text} t
   * @param {import("../types.d.ts").Config} config where files are sent (`archive`), and how large they may be (`max_file`)
   * @param {() => void} come hears that there are runs which may be new
   */
  constructor(t, config, come) {
    this.t = t;
    this.config = config;
    this.come = come;
    const parts = {type: "button", class: "lab-tool", "data-action": "import", "aria-expanded": "false"};
    this.button = h("button", {...parts, onclick: () => this.show(this.element.hidden)}, t("library.import"));
    this.input = h("input", {type: "file", multiple: true, accept: KINDS, hidden: true});
    this.input.addEventListener("change", () => {
      this.take([...this.input.files]);
      this.input.value = ""; // the same one may be chosen again
    });
    const press = (action, does) => textButton(`import-${action}`, t(`library.import.${action}`), does);
    const close = press("close", () => {
      this.show(false);
      this.button.focus();
    });
    const about = t("library.import.about", {most: config.max_file / MIB});
    this.status = h("p", {role: "status"});
    this.outcomes = h("ul", {"aria-label": t("library.import.outcomes")});
    this.choose = press("choose", () => this.input.click());
    this.element = h(
      "section",
      {class: "library-import", "aria-label": t("library.import"), hidden: true},
      h("p", {}, about),
      h("p", {class: "library-drop"}, t("library.import.drop"), this.choose, close),
      this.input,
      this.status,
      this.outcomes,
    );
  }

  /** Shows or hides it; what is under way goes on. @param {boolean} isOpen */
  show(isOpen) {
    this.element.hidden = !isOpen;
    this.button.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) this.choose.focus();
  }

  /** Takes what is dropped anywhere on an element. @param {HTMLElement} element */
  listen(element) {
    const bears = (event) => event.dataTransfer?.types.includes("Files");
    element.addEventListener("dragover", (event) => {
      if (!bears(event)) return;
      event.preventDefault();
      if (this.element.hidden) this.show(true);
      setFlag(this.element, "data-over", true);
    });
    element.addEventListener("dragleave", ({relatedTarget}) => {
      if (!element.contains(/** @type {?Node} */ (relatedTarget))) setFlag(this.element, "data-over", false);
    });
    element.addEventListener("drop", (event) => {
      if (!bears(event)) return;
      event.preventDefault();
      setFlag(this.element, "data-over", false);
      this.take([...event.dataTransfer.files]);
    });
  }

  /** Sends files, each of a run or with the archives of several. @param {File[]} files */
  async take(files) {
    for (const file of files) {
      try {
        this.waiting.push(...((await archivesIn(file)) ?? [{name: file.name, content: file}]));
      } catch {
        const isLarge = file.size > this.config.max_file;
        this.#refuse(this.t(isLarge ? "library.import.parcel" : "library.import.unread", {name: file.name}));
      }
    }
    if (!this.isGoing) await this.#go();
  }

  async #go() {
    this.isGoing = true;
    while (this.waiting.length && !this.isGone) await this.#send(this.waiting.shift());
    this.isGoing = false;
    this.#tell();
    this.come();
  }

  async #send({name, content}) {
    const {t, config} = this;
    const most = config.max_file / MIB;
    if (content.size > config.max_file) {
      this.#refuse(t("library.import.large", {name, most, size: `${count(Math.ceil(content.size / MIB))} MiB`}));
      return;
    }
    this.#tell();
    const bar = h("progress", {max: 1, value: 0, "aria-label": name});
    const row = h("li", {}, h("span", {}, name), bar);
    this.outcomes.append(row);
    const address = `${config.archive}${query({name, lang: config.language})}`;
    const {status, text} = await send(address, content, (share) => {
      if (share < 1) bar.value = share;
      else bar.removeAttribute("value"); // it is looked at now
    });
    row.remove();
    if (status === 200) this.#came(JSON.parse(text));
    else this.#refuse(status ? text : t("library.import.unreached", {name}));
  }

  /** @param {{new: boolean, card: Card}} told */
  #came({new: isNew, card}) {
    this.done[isNew ? "fresh" : "here"] += 1;
    const outcome = isNew ? "new" : card.deleted === null ? "here" : "binned";
    const text = this.t(`library.import.${outcome}`, {run: title(card, this.t)});
    const leads = card.open && outcome !== "binned";
    this.outcomes.append(h("li", {"data-outcome": outcome}, leads ? h("a", {href: card.open}, text) : text));
    const well = this.outcomes.querySelectorAll("[data-outcome]:not([data-outcome=refused])");
    if (well.length > MOST_SHOWN) well[0].remove();
  }

  #refuse(text) {
    this.done.refused += 1;
    this.outcomes.append(h("li", {"data-outcome": "refused"}, text));
    this.#tell();
  }

  #tell() {
    const {t, done, waiting, isGoing} = this;
    const over = done.fresh + done.here + done.refused;
    const total = over + waiting.length + Number(isGoing);
    const going = () => t("library.import.going", {done: count(over), total: count(total)});
    setText(this.status, isGoing ? going() : t("library.import.summary", done));
  }

  destroy() {
    this.isGone = true;
  }
}
