// The keyboard: everything the presenter needs, and the same keys in the lab.

import {h} from "./dom.js";

const KEYS = [
  ["Space", "lab.keys.toggle"],
  ["← →", "lab.keys.turn"],
  ["1 2", "lab.keys.choose"],
  ["S", "lab.keys.step"],
  ["B", "lab.keys.back"],
  ["R", "lab.keys.restart"],
  ["N", "lab.keys.reseed"],
  ["V", "lab.keys.view"],
  ["?", "lab.keys.help"],
];

/** Listens to keys that are meant for nobody else; returns the function that stops listening. */
export function listen(lab) {
  const heard = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !lab.root.isConnected) return;
    if (lab.root.querySelector(".lab-dialog[open]")) return; // which has keys of its own
    const action = actionOf(event, lab);
    if (!action || taken(event, lab.root)) return;
    // The page's own shortcuts (R reruns the script) give way.
    event.preventDefault();
    event.stopImmediatePropagation();
    action();
  };
  addEventListener("keydown", heard, {capture: true});
  return () => removeEventListener("keydown", heard, {capture: true});
}

/** What a key does in the lab; held down, arrows and S go on, and what else has a meaning does nothing more. */
function actionOf(event, lab) {
  const key = event.key.toLowerCase();
  const turn = {arrowright: 1, arrowleft: -1}[key];
  if (turn) return () => lab.nudge(turn * (event.shiftKey ? 5 : 1));
  if (key === "escape" && !lab.help.open) return lab.past === null ? null : () => lab.rewind(null);
  const action = /^[1-9]$/.test(key)
    ? () => lab.chooseKnob(Number(key) - 1)
    : {
        escape: () => lab.help.close(),
        "?": () => (lab.help.open ? lab.help.close() : lab.help.showModal()),
        " ": () => lab.toggle(),
        s: () => lab.oneStep(),
        b: () => lab.lookBack(),
        r: () => lab.restart(),
        n: () => lab.reseed(),
        v: () => lab.nextChart(),
      }[key];
  return action && event.repeat && key !== "s" ? () => {} : action;
}

// Whether the key means something to what has the focus.
function taken({key, target}, root) {
  if (!(target instanceof Element)) return false;
  if (target.matches("input:not([type=range]), textarea, select, [contenteditable=''], [contenteditable=true]"))
    return true;
  if (key.startsWith("Arrow") && target.matches("input[type=range], [role=radio], [role=tab], .lab-table")) return true;
  if (key === " " && target.closest("button, a, summary, [role=button], [role=tab], label")) return true;
  const foreign =
    "input, button, a, summary, [role=button], [role=tab], [role=radio], [role=slider], [role=option], [role=combobox]";
  return !root.contains(target) && (key === " " || key.startsWith("Arrow")) && target.matches(foreign);
}

/** The list of keys, opened by `?`. @param {string[]} deaf those that do nothing on this page */
export function helpDialog(t, deaf = []) {
  const rows = KEYS.filter(([key]) => !deaf.includes(key)).map(([key, label]) =>
    h("div", {}, h("kbd", {}, key === "Space" ? t("lab.keys.space") : key), h("span", {}, t(label))),
  );
  const dialog = h("dialog", {class: "lab-help", "aria-label": t("lab.keys")}, h("h2", {}, t("lab.keys")), ...rows);
  dialog.addEventListener("click", () => dialog.close());
  return dialog;
}
