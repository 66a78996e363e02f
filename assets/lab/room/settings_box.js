// What the desk sets of a room: who may come in and choose a name, by which bounds it is advised, and its end.

import {h} from "../page/dom.js";
import {twoTaps} from "../page/two_taps.js";

const FLAGS = ["locked", "names"];
const BOUNDS = ["low", "high"];

export class SettingsBox {
  /**
   * @param {(key: string, values?: object) => string} t
   * @param {(message: any) => void} say
   * @param {() => void} remove deletes the room
   */
  constructor(t, say, remove) {
    this.flags = FLAGS.map((name) => h("input", {type: "checkbox", "data-set": name}));
    for (const box of this.flags)
      box.addEventListener("change", () => say({type: "set", [box.dataset.set]: box.checked}));
    this.bounds = BOUNDS.map((name) => h("input", {type: "number", min: 0, max: 100, step: 5, "data-set": name}));
    for (const box of this.bounds)
      box.addEventListener("change", () => {
        if (box.value !== "") say({type: "set", [box.dataset.set]: Number(box.value) / 100});
      });
    const close = {action: "close", label: t("room.desk.close"), sure: t("room.desk.close.sure")};
    const all = {action: "delete", label: t("room.desk.delete"), sure: t("room.desk.delete.sure")};
    this.element = h(
      "details",
      {class: "desk-settings"},
      h("summary", {}, t("room.desk.settings")),
      h("label", {}, this.flags[0], t("room.desk.locked")),
      h("label", {}, this.flags[1], t("room.desk.names")),
      h("label", {}, t("room.desk.low"), this.bounds[0]),
      h("label", {}, t("room.desk.high"), this.bounds[1]),
      h(
        "p",
        {},
        twoTaps(close, () => say({type: "close"})),
        twoTaps(all, remove),
      ),
    );
  }

  /** Shows what holds, but for a box that is being typed in. @param {any} state the desk's */
  draw({locked, settings}) {
    const held = {locked, ...settings};
    for (const box of this.flags) box.checked = held[box.dataset.set];
    for (const box of this.bounds)
      if (document.activeElement !== box) box.value = String(Math.round(100 * held[box.dataset.set]));
  }
}
