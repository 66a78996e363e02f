// What runs are taken home as, in a dialog: tables, figures, and files by which they are made again.

import {ask, reasonOf} from "./asking.js";
import {h, setText, textButton} from "./dom.js";

const GROUPS = {
  "lab.take.tables": ["csv", "sheet", "comma", "parquet", "tensorboard"],
  "lab.take.figures": ["svg", "pdf", "png"],
  "lab.take.again": ["script", "json", "archive", "bundle"],
};
const ABOUT = {
  csv: "lab.take.csv.about",
  sheet: "lab.take.sheet.about",
  comma: "lab.take.comma.about",
  parquet: "lab.take.parquet.about",
  tensorboard: "lab.take.tensorboard.about",
  svg: "lab.take.svg.about",
  pdf: "lab.take.pdf.about",
  png: "lab.take.png.about",
  script: "lab.take.script.about",
  json: "lab.take.json.about",
  archive: "lab.take.archive.about",
  bundle: "lab.take.bundle.about",
};
const ALWAYS = ["csv", "sheet", "comma", "parquet", "json"]; // there is such a file of any one run: the browser takes it

export class TakeBox {
  many = 0; // runs that it is of
  /** @type {(form: string) => string} */
  addressOf = () => "";
  asked = 0; // the number of the file that was asked for last

  /**
   * @param {import("../types.d.ts").Text} t
   * @param {Record<string, number>} forms how many runs go into a file of each form
   */
  constructor(t, forms) {
    this.t = t;
    this.forms = forms;
    this.title = h("h2");
    this.status = h("p", {role: "status"});
    this.links = Object.values(GROUPS)
      .flat()
      .map((form) => this.#link(form));
    const groups = Object.entries(GROUPS).map(([title, names]) =>
      h(
        "section",
        {},
        h("h3", {}, t(title)),
        h("ul", {class: "lab-take"}, ...this.links.filter(({dataset}) => names.includes(dataset.form)).map(row)),
      ),
    );
    const close = textButton("close", t("lab.take.close"), () => this.element.close());
    const foot = h("div", {class: "lab-dialog-row lab-take-foot"}, close, this.status);
    const parts = [this.title, ...groups, foot];
    this.element = h("dialog", {class: "lab-dialog lab-take-box", "aria-label": t("lab.take.title")}, ...parts);
  }

  /** Shows what so many runs are taken as. @param {number} many @param {(form: string) => string} addressOf where each form is */
  open(many, addressOf) {
    Object.assign(this, {many, addressOf});
    setText(this.title, many === 1 ? this.t("lab.take.title") : this.t("lab.take.title.many", {count: many}));
    for (const link of this.links) {
      link.href = addressOf(link.dataset.form);
      link.closest("li").hidden = many > this.forms[link.dataset.form];
    }
    for (const group of this.element.querySelectorAll("section"))
      group.hidden = !group.querySelector("li:not([hidden])");
    this.asked += 1; // what was asked for before says nothing here
    const most = Math.max(...Object.values(this.forms));
    this.#say(many > most ? this.t("lab.take.most", {most}) : "");
    if (!this.element.open) this.element.showModal();
  }

  #link(form) {
    const {t} = this;
    const about = h("span", {class: "lab-take-about"}, t(ABOUT[form]));
    const link = h("a", {"data-form": form, download: ""}, h("b", {}, t(`lab.take.${form}`)), about);
    link.addEventListener("click", (event) => {
      if (this.many === 1 && ALWAYS.includes(form)) return;
      event.preventDefault();
      this.#take(form);
    });
    return link;
  }

  // Asks for a file that there may be none of, and hands it to the browser, or says why there is none.
  async #take(form) {
    const {t} = this;
    const number = ++this.asked;
    this.#say(t("lab.take.working"));
    try {
      const answer = await ask(this.addressOf(form));
      const name = /filename="(.*)"/.exec(answer.headers.get("content-disposition") ?? "")?.[1] ?? form;
      const href = URL.createObjectURL(await answer.blob());
      h("a", {href, download: name}).click();
      setTimeout(() => URL.revokeObjectURL(href));
      if (number === this.asked) this.#say(t("lab.take.done", {name}));
    } catch (error) {
      if (number === this.asked) this.#say(reasonOf(error, t("lab.take.unreached")));
    }
  }

  #say(text) {
    setText(this.status, text);
  }
}

function row(link) {
  return h("li", {}, link);
}
