// What a row of the library says of a run or a study.

import {count, duration, measured, number} from "../data/text.js";

/** @typedef {import("./listing.js").Card} Card */

const DAY_MS = 24 * 3600 * 1000;
const BIN_DAYS = 7;

/** What it is of. @param {Card} card */
export function subject({trick, task}, t) {
  return t("library.subject", {trick, task});
}

/** What it is called: by its own name, or by what it is of. @param {Card} card */
export function title(card, t) {
  return card.name || subject(card, t);
}

/** What stands beneath: what it is of where it has a name of its own, and in what it differs. @param {Card} card */
export function about(card, t) {
  const parts = [];
  if (card.name) parts.push(subject(card, t));
  if (card.fork_step !== null) parts.push(t("library.branch", {step: count(card.fork_step)}));
  if (card.differs) parts.push(card.differs);
  if (card.kind === "study") parts.push(t("library.study", {done: count(card.done), total: count(card.total)}));
  if (card.local) parts.push(t("library.local"));
  if (card.imported) parts.push(t("library.imported"));
  if (card.links) parts.push(t("library.shared"));
  return parts.join(" · ");
}

/** Its steps: of a run that has not made all of them, how many it has. @param {Card} card */
export function steps({kind, done, steps: asked}, t) {
  if (kind === "study" || done >= asked) return count(asked);
  return t("library.steps", {done: count(done), steps: count(asked)});
}

/** What was last measured by the metric that it is judged by, the baseline's beside it. @param {Card} card */
export function result({judged, result: found, baseline}, t) {
  if (found === null) return {value: number(null), beside: "", metric: ""};
  const beside = baseline === null ? "" : t("library.baseline", {value: measuredText(baseline)});
  return {value: measuredText(found), beside, metric: judged};
}

/** How long it took. @param {Card} card */
export function took({seconds}, t) {
  return duration(seconds, t);
}

/** For how much longer it lies in the bin. @param {Card} card */
export function left({deleted}, t, now = Date.now()) {
  const days = Math.max(1, Math.ceil(BIN_DAYS - (now - deleted * 1000) / DAY_MS));
  return t(days === 1 ? "library.left.day" : "library.left", {days});
}

// A number that is not finite stands as text.
function measuredText(value) {
  if (typeof value === "number") return measured(value);
  return {inf: "∞", "-inf": "−∞"}[value] ?? value;
}
