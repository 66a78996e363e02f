// A page's address: what differs from its defaults, written as the server writes it (`pages/lab/state.py`).

import {reachParams} from "./reach.js";

/**
 * The parameters that say these settings.
 *
 * @param {{task: string, seed: number, steps: number, values: object, extra_arms: object[]}} settings
 * @param {string[]} charts what the charts of the race show
 * @param {object} config the page's own: its defaults stand in `plain`, those of knobs beside them
 * @returns {Object<string, string>}
 */
export function toParams(settings, charts, config) {
  const {plain} = config;
  /** @type {Record<string, string>} */
  const params = {};
  if (settings.task !== plain.task) params.task = settings.task;
  if (settings.seed !== plain.seed) params.seed = String(settings.seed);
  if (settings.steps !== plain.steps) params.steps = String(settings.steps);
  for (const declared of [...config.settings, ...config.knobs]) {
    const value = settings.values[declared.name];
    if (value !== undefined && value !== declared.default) params[declared.name] = write(value);
  }
  if (settings.extra_arms.length)
    params.arms = settings.extra_arms.map((knobs) => armText(knobs, settings, config)).join(";");
  if (charts.length && charts.join() !== plain.charts.join()) params.charts = charts.join(",");
  if (config.view !== plain.view) params.view = config.view;
  if (config.language !== plain.language) params.lang = config.language;
  return {...params, ...reachParams(config.reach)};
}

// In what a further arm differs from the trick's own; where that is nothing, one knob says that there is an arm.
function armText(knobs, {values}, config) {
  const differing = Object.entries(knobs).filter(([name, value]) => values[name] !== value);
  const said = differing.length ? differing : [[config.knobs[0].name, values[config.knobs[0].name]]];
  return said.map(([name, value]) => `${name}:${write(value)}`).join(",");
}

/** The address at which this page watches a run: beside that it says its task and language, where they are not plain. */
export function toWatch(run, {task, language, plain}) {
  const params = {run};
  if (task !== plain.task) params.task = task;
  if (language !== plain.language) params.lang = language;
  return new URL(query(params), location.href).href;
}

/** The id of a run that an address asks for by it, or by a link that shares the run: that has a key too, behind a dot. */
export function idOf(asked) {
  return asked.split(".", 1)[0];
}

/** The part of an address from its question mark on; empty without parameters. */
export function query(params) {
  const written = (text) => encodeURIComponent(text).replace(/%3A/g, ":").replace(/%3B/g, ";").replace(/%2C/g, ",");
  const parts = Object.entries(params).map(([name, text]) => `${written(name)}=${written(text)}`);
  return parts.length ? `?${parts.join("&")}` : "";
}

/** A value, short and exact; small numbers as Python writes them. */
export function write(value) {
  if (typeof value !== "number" || value === 0 || Math.abs(value) >= 1e-4) return String(value);
  const [digits, exponent] = value.toExponential().split("e-");
  return `${digits}e-${exponent.padStart(2, "0")}`;
}

/**
 * How the page was come to: "reload"; "back", by the browser's history; or "link".
 *
 * @param {boolean} again whether the lab was mounted in this document before, so that the document's own way is old
 */
export function arrival(again) {
  if (again) return "link";
  const [way] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
  return {reload: "reload", back_forward: "back"}[way?.type] ?? "link";
}
