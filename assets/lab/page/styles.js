// The style sheets: one for each folder or module that makes elements.

import {h} from "./dom.js";

/**
 * Each sheet, and the modules of pages that need it, in the order in which sheets count: of two rules that weigh the
 * same, that of the later sheet holds.
 */
const SHEETS = {
  base: ["lab", "many", "seeds"],
  controls: ["lab", "many", "seeds"],
  transport: ["lab", "many", "seeds"],
  voice: ["lab", "many", "seeds"],
  lab: ["lab"],
  legend: ["lab"],
  charts: ["lab", "many", "seeds"],
  panels: ["lab"],
  knobs: ["lab"],
  keys: ["lab"],
  present: ["lab"],
  tables: ["lab", "many", "seeds"],
  many: ["many", "seeds"],
  seeds: ["seeds"],
  print: ["lab"],
  door: ["door"],
};

/** Adds a module's sheets to the page, each once and in its place, whatever other modules have added before. */
export function loadStyles(module) {
  const links = new Map([...document.querySelectorAll("link[data-sheet]")].map((link) => [link.dataset.sheet, link]));
  const names = Object.keys(SHEETS);
  for (const [place, name] of names.entries()) {
    if (!SHEETS[name].includes(module) || links.has(name)) continue;
    const href = new URL(`../css/${name}.css`, import.meta.url).href;
    const link = h("link", {rel: "stylesheet", href, "data-sheet": name});
    const next = names.slice(place).find((later) => links.has(later));
    if (next) links.get(next).before(link);
    else document.head.append(link);
    links.set(name, link);
  }
}
