// The arms of the race: what they look like, which one the knobs move; adding and removing them.

import {h, iconButton, setFlag} from "../page/dom.js";
import {DASHES} from "../page/theme.js";
import {restrict} from "./restrict.js";
import {sampleOf} from "./sample.js";

/** The legend of the race, which is also where arms are chosen, added and removed. */
export class Legend {
  constructor(lab) {
    this.lab = lab;
    this.items = h("div", {class: "lab-arms", role: "group", "aria-label": lab.t("lab.arms")});
    this.add = iconButton("add", lab.t("lab.arm.add"), () => lab.addArm(), {
      class: "lab-button lab-remove",
      title: lab.t("lab.arm.add.help"),
      "data-action": "add-arm",
    });
    restrict(lab, "arms", this.add);
    this.element = h("div", {class: "lab-legend"}, this.items, this.add);
  }

  refresh() {
    const {lab} = this;
    const {t, theme} = lab;
    const planned = lab.planned();
    this.add.disabled = planned.length >= lab.config.limits.arms || lab.reach.locks("arms");
    const state = JSON.stringify([planned, lab.selected, theme.arms, theme.dark]);
    if (state === this.state) return;
    this.state = state;
    const choosing = planned.length > 2;
    this.items.replaceChildren(
      ...planned.map(({index, label, look, waits}) => {
        const parts = [this.sample(look), h("span", {}, label)];
        const title = waits ? t("lab.structural") : choosing && index ? t("lab.arm.choose", {arm: label}) : "";
        const attributes = {class: "lab-arm", "data-arm": index, title, "data-waits": waits};
        const arm =
          choosing && index
            ? h(
                "button",
                {
                  ...attributes,
                  type: "button",
                  "aria-pressed": String(index === lab.selected),
                  onclick: () => lab.select(index),
                },
                ...parts,
              )
            : h("span", attributes, ...parts);
        if (index < 2 || lab.reach.hides("arms")) return arm;
        const away = iconButton("remove", t("lab.arm.remove", {arm: label}), () => lab.removeArm(index), {
          class: "lab-button lab-remove",
        });
        away.dataset.action = "remove-arm";
        restrict(lab, "arms", away);
        return h("span", {class: "lab-removable"}, arm, away);
      }),
    );
    setFlag(this.element, "data-choosing", choosing);
  }

  /** How the arm's line is drawn. */
  sample(index) {
    return sampleOf(this.lab.theme.arms[index], DASHES[index]);
  }
}
