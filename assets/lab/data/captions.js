// What a page over seeds says beside its results: which seeds they are of, how far it is, what its charts are called.

import {count, duration} from "./text.js";

const SAID = ["connection", "unstarted", "refused", "waiting", "note"]; // the first of these that there is, is said

/** Which seeds would be taken, and of what. */
export function whichSeeds({t, config, swept, seeds, evidence}) {
  const first = config.first_seed;
  const text = t(swept ? "lab.seeds.which.sweep" : "lab.seeds.which", {first, last: first + seeds - 1});
  return evidence ? `${config.recipe.text} ${text}` : text;
}

/** The page's line, and the kind of what it says. */
export function studyLine(page) {
  const kind = SAID.find((one) => page.notices[one]);
  return kind ? {kind, text: page.notices[kind]} : {kind: "hint", text: hint(page)};
}

function hint({store, t, swept, starting, planned, seeds}) {
  if (starting) return t("lab.starting");
  if (!store.run) return t(swept ? "lab.seeds.hint.sweep" : "lab.seeds.hint");
  const {id, seeds: asked, done, total} = store.head;
  if (id !== planned || asked.length !== seeds) return t("lab.seeds.differs");
  if (store.state === "interrupted") return t("lab.seeds.interrupted", {done, total});
  return store.state === "canceled" ? t("lab.seeds.canceled", {done, total}) : "";
}

/** How many runs are done, of how many, and how long the others take or how it ended. */
export function studyProgress(page) {
  const {store, t, swept} = page;
  const planned = page.axes().reduce((product, {values}) => product * values.length, page.seeds);
  const {done, total, eta_s} = store.run ? store.head : {done: 0, total: planned, eta_s: null};
  const parts = [t(swept ? "lab.seeds.runs" : "lab.seeds.done", {done: count(done), total: count(total)})];
  if (store.going && Number.isFinite(eta_s)) parts.push(t("lab.progress.left", {left: duration(eta_s, t)}));
  else if (store.run && store.state && !store.going) parts.push(t(`lab.seeds.state.${store.state}`));
  return {done, total, text: parts.join(" · ")};
}

/** What a chart says that has nothing to show yet. */
export function emptyChart({store, t, starting}) {
  if (starting) return t("lab.starting");
  return t(store.going ? "lab.seeds.empty.first" : "lab.seeds.empty");
}

/** What the axis of a knob is called. */
export function axisTitle(page, name) {
  const knob = page.declared(name);
  return [knob?.symbol, knob?.label ?? name, knob?.unit && `(${knob.unit})`].filter(Boolean).join(" ");
}

/** What the chart over the knobs that are swept is called. */
export function responseTitle(page) {
  const knobs = page.axes().map(({name}) => page.declared(name)?.label ?? name);
  return page.t("lab.seeds.response", {metric: page.name(page.metric), knobs: knobs.join(", ")});
}

/** What the chart of curves is called: of a sweep, at the point whose curves are open. */
export function curvesTitle(page) {
  const metric = page.name(page.metric);
  const row = page.swept && page.store.response(page.metric).find(({point}) => point === page.point);
  return row ? page.t("lab.seeds.at", {metric, point: page.knobsText(row.values)}) : metric;
}
