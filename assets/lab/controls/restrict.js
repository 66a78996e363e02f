// Controls that are out of reach on a page that is handed out so: left out, or held where they stand.

import {icon} from "../page/dom.js";

const CONTROLS = "button, input, select";

/** Leaves a control of a page out, or holds it, as the page's address says. */
export function restrict({reach, t}, name, element) {
  element.hidden = reach.hides(name);
  if (reach.locks(name)) hold(element, t("lab.reach.locked"));
}

/** Holds all that can be changed in an element where it stands, and says why, also to who does not see it. */
export function hold(element, why) {
  element.title = why;
  element.setAttribute("data-locked", "");
  const all = [element, ...element.querySelectorAll(CONTROLS)].filter((control) => control.matches(CONTROLS));
  for (const control of all) {
    control.disabled = true;
    control.setAttribute("aria-description", why);
  }
  const mark = icon("lock");
  mark.classList.add("lab-lock");
  element.querySelector(".lab-label, span")?.prepend(mark);
}
