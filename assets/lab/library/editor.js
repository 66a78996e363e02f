// A name or a note, written where it stands: Enter keeps it, Escape does not, and going elsewhere does.

import {h} from "../page/dom.js";

/**
 * The box for it.
 *
 * @param {{value: string, label: string, hint: string, most: number, isLong: boolean}} asked
 * @param {(value: ?string, byKey: boolean) => void} done gets the new text once, null where it stays as it was; and
 *   whether a key ended it
 */
export function editor({value, label, hint, most, isLong}, done) {
  const parts = {class: "lab-box library-editor", "aria-label": label, placeholder: hint, maxlength: most};
  const box = isLong ? h("textarea", {...parts, rows: 3}) : h("input", {...parts, type: "text"});
  let isOver = false;
  const end = (byKey, isKept) => {
    if (isOver) return;
    isOver = true;
    const text = isLong ? box.value.trim() : box.value.trim().replace(/\s+/g, " ");
    done(isKept && text !== value ? text : null, byKey);
  };
  box.value = value;
  box.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // Enter chooses a letter
    const isKept = event.key === "Enter" && !(isLong && event.shiftKey);
    if (!isKept && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    end(true, isKept);
  });
  box.addEventListener("blur", () => end(false, true));
  return box;
}
