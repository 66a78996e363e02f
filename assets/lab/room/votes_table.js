// What came of a question's votes, as a table: how many said what first, and what then.

import {number} from "../data/text.js";
import {h} from "../page/dom.js";
import {bins} from "./tally.js";

/** @typedef {(key: string, values?: object) => string} Text */

/**
 * A row for each answer, a column for each vote; of numbers those ranges that somebody said, and the right one.
 *
 * @param {any} question
 * @param {{said: number, share: ?number}[]} votes the first and, where there was one, the second
 * @param {{first: ?number[], second: ?number[]}} tally as `tally` takes it
 * @param {any} right
 * @param {Text} t
 */
export function votesTable(question, votes, tally, right, t) {
  const {names, count, isRight} = bins(question, right, t);
  const columns = [tally.first, tally.second].slice(0, votes.length).map((said) => count(said));
  const isSaid = (bin) => question.kind !== "number" || isRight(bin) || columns.some((counts) => counts[bin]);
  const row = (name, bin) =>
    h(
      "tr",
      {"data-right": isRight(bin)},
      h("th", {scope: "row"}, name, isRight(bin) && mark(t)),
      ...columns.map((counts, vote) => h("td", {}, shared(counts[bin], votes[vote].said, t))),
    );
  const rows = names.map((name, bin) => isSaid(bin) && row(name, bin));
  const heads = ["room.result.first", "room.result.second"].slice(0, votes.length);
  const foot = (key, told) =>
    h("tr", {}, h("th", {scope: "row"}, t(key)), ...votes.map((vote) => h("td", {}, told(vote))));
  return h(
    "table",
    {class: "report-votes"},
    h("thead", {}, h("tr", {}, h("td"), ...heads.map((key) => h("th", {scope: "col"}, t(key))))),
    h("tbody", {}, ...rows),
    h(
      "tfoot",
      {},
      foot("report.said", ({said}) => String(said)),
      right && foot("report.share", ({share}) => (share === null ? "" : percent(share, t))),
    ),
  );
}

/** What is right, in words: of a number within what. @param {any} question @param {any} right @param {Text} t */
export function rightText({choices, unit}, right, t) {
  if (!right) return "";
  if ("choice" in right) return choices[right.choice];
  return t("room.within", {answer: number(right.answer), tolerance: number(right.tolerance), unit}).trim();
}

function mark(t) {
  return h("b", {role: "img", "aria-label": t("room.result.right")}, " ✓");
}

function shared(count, of, t) {
  return of ? t("report.count", {count, percent: Math.round((100 * count) / of)}) : String(count);
}

function percent(share, t) {
  return t("report.percent", {percent: Math.round(100 * share)});
}
