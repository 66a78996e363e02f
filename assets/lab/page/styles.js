// The style sheets: one for each folder or module that makes elements.

import {h} from "./dom.js";

/**
 * Each sheet, and the modules of pages that need it, in the order in which sheets count: of two rules that weigh the
 * same, that of the later sheet holds. Those of one page alone come last; such of two pages name no element in common.
 */
const SHEETS = {
  base: ["lab", "many", "seeds", "library", "lessons"],
  controls: ["lab", "many", "seeds", "library", "lessons"],
  transport: ["lab", "many", "seeds"],
  voice: ["lab", "many", "seeds"],
  charts: ["lab", "many", "seeds", "library"],
  tables: ["lab", "many", "seeds", "library"],
  dialogs: ["lab", "many", "seeds", "library"],
  lab: ["lab"],
  legend: ["lab"],
  panels: ["lab"],
  knobs: ["lab"],
  keys: ["lab"],
  present: ["lab"],
  reach: ["lab"],
  print: ["lab"],
  many: ["many", "seeds"],
  seeds: ["seeds"],
  library: ["library"],
  compare: ["library"],
  lessons: ["lessons"],
  door: ["door"],
  room: ["join", "student", "wall", "desk", "report", "alone"],
  student: ["join", "student", "alone"],
  wall: ["wall", "alone"],
  desk: ["desk"],
  report: ["report"],
  alone: ["alone"],
};

/** Adds to the page those of a module's sheets that it has not yet: the server sends them as one. */
export function loadStyles(module) {
  const folder = new URL("../css/", import.meta.url).href;
  const links = /** @type {HTMLLinkElement[]} */ ([...document.querySelectorAll("link[data-sheets]")]);
  const ours = links.filter(({href}) => href.startsWith(folder)); // others are of the lab before an upgrade
  const there = ours.flatMap(({dataset}) => dataset.sheets.split("+"));
  const names = Object.keys(SHEETS).filter((name) => SHEETS[name].includes(module) && !there.includes(name));
  if (!names.length) return;
  const sheets = names.join("+");
  document.head.append(h("link", {rel: "stylesheet", href: `${folder}${sheets}.css`, "data-sheets": sheets}));
}
