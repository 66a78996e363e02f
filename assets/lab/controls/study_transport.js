// Repeat, cancel, over how many seeds, how far a study has come, and its data.

import {studyProgress} from "../data/captions.js";
import {h, icon, setFlag, setText} from "../page/dom.js";
import {Segments} from "./segments.js";
import {wholeBox} from "./transport.js";

const EXPORTS = [".csv", ".parquet", "-summary.csv", "-summary.parquet", ".json"]; // what follows a study's id

/** The row of a study; `page` has the actions (`start`, `cancel`, `setSeeds`, `setEvidence`). */
export class StudyTransport {
  constructor(page) {
    const {t, config} = page;
    this.page = page;
    const press = (action, look, name, onclick) => {
      const parts = {type: "button", class: `lab-button ${look}`, "data-action": action, onclick};
      return h("button", parts, icon(name), h("span", {}));
    };
    this.primary = press("repeat", "lab-primary", "run", () => page.start());
    this.cancel = press("cancel", "seeds-cancel", "stop", () => {
      page.cancel();
      this.cancel.disabled = true;
    });
    setText(this.cancel.lastChild, t("lab.seeds.cancel"));
    this.goOn = press("go-on", "seeds-cancel", "run", () => page.goOn());
    setText(this.goOn.lastChild, t("lab.go_on"));
    const label = t("lab.seeds.count");
    const [low, high] = config.limits.seeds;
    const take = (seeds) => page.setSeeds(seeds);
    this.box = wholeBox(page, {name: "seeds", label, low, high, kept: () => page.seeds, take});
    this.box.addEventListener("blur", () => this.refresh());
    this.recipe =
      config.recipe &&
      new Segments({
        label: t("lab.seeds.recipe"),
        name: "recipe",
        value: "shown",
        choices: ["shown", "evidence"].map((value) => ({value, label: t(`lab.seeds.recipe.${value}`)})),
        onchange: (value) => page.setEvidence(value === "evidence"),
      });
    const bar = {class: "lab-bar", role: "progressbar", "aria-label": t("lab.seeds.progress"), "aria-valuemin": 0};
    this.bar = h("div", bar, h("span"));
    this.where = h("span", {class: "lab-where"});
    this.element = h(
      "div",
      {class: "lab-transport", role: "toolbar", "aria-label": t("lab.transport")},
      h("div", {class: "lab-buttons"}, this.primary, this.cancel, this.goOn),
      this.recipe?.element,
      h("label", {class: "lab-field"}, h("span", {}, label), this.box),
      h("div", {class: "lab-progress"}, this.bar, this.where),
    );
  }

  /** Shows the study as it stands. */
  refresh() {
    const {page, primary, cancel, box, bar} = this;
    const {t, store, seeds, evidence} = page;
    setText(primary.lastChild, t(page.swept ? "lab.seeds.sweep" : "lab.seeds.repeat", {seeds}));
    primary.disabled = page.busy || page.starting;
    setFlag(cancel, "hidden", !page.busy);
    if (!store.going) cancel.disabled = false;
    setFlag(this.goOn, "hidden", store.state !== "interrupted" || page.visits);
    if (document.activeElement !== box) box.value = String(seeds);
    if (this.recipe) this.recipe.value = evidence ? "evidence" : "shown";
    const {done, total, text} = studyProgress(page);
    bar.firstChild.style.transform = `scaleX(${total ? done / total : 0})`;
    bar.setAttribute("aria-valuemax", String(total));
    bar.setAttribute("aria-valuenow", String(done));
    setText(this.where, text);
  }
}

/** Links to the data of a study, once there are any. */
export class StudyExports {
  constructor(page) {
    const {t} = page;
    this.page = page;
    this.links = EXPORTS.map((ending) => {
      const kind = ending.replace(/[^a-z]/g, "");
      const title = t(`lab.seeds.export.${kind}`);
      const parts = {class: "lab-tool lab-kept", "data-export": ending, download: true, title};
      return h("a", parts, t(`lab.seeds.export.short.${kind}`));
    });
    this.element = h("span", {class: "lab-exports", role: "group", "aria-label": t("lab.seeds.export")}, this.links);
  }

  refresh() {
    const {store, config} = this.page;
    this.element.hidden = !store.run || !store.head.done || !this.page.served;
    for (const link of this.links) {
      const href = `${config.export}/${store.run && this.page.ticket(store.run)}${link.dataset.export}`;
      if (link.getAttribute("href") !== href) link.setAttribute("href", href);
    }
  }
}
