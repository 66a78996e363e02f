// What came of a question's votes, as bars: the first, and where there was one the second.

import {number} from "../data/text.js";
import {h} from "../page/dom.js";

const BINS = 10;
const SLACK = 1e-9; // of the whole range: what rounding does to a number

/**
 * @param {any} question
 * @param {{first: ?number[], second: ?number[], right?: any}} result counts by choice, or the numbers said
 * @param {(key: string, values?: object) => string} t
 * @param {number} [own] what this device has said
 */
export function tally(question, {first, second, right}, t, own) {
  const {names, at, isRight, count} = bins(question, right, t);
  const votes = Object.entries({first, second}).filter(([, said]) => said);
  const counts = votes.map(([which, said]) => ({which, counts: count(said)}));
  const most = Math.max(1, ...counts.flatMap((one) => one.counts));
  const bars = names.map((name, bin) => {
    const mark = isRight(bin) && h("b", {role: "img", "aria-label": t("room.result.right")}, " ✓");
    return h(
      "div",
      {class: "room-bar", "data-right": isRight(bin), "data-own": at(own) === bin},
      h("span", {class: "room-bar-name"}, name, mark),
      h("span", {class: "room-bar-lines"}, ...counts.map(({which, counts}) => line(counts[bin], most, which))),
    );
  });
  const key =
    second && h("p", {class: "room-bar-key"}, h("i", {}, t("room.result.first")), h("b", {}, t("room.result.second")));
  return h("div", {class: "room-tally", "data-kind": question.kind}, key, ...bars);
}

function line(count, most, which) {
  const bar = h("i", {style: `--share: ${count / most}`});
  return h("span", {class: `room-bar-line room-bar-${which}`}, bar, ` ${count}`);
}

/**
 * What was answered, parted: each choice, or ranges of numbers.
 *
 * @param {any} question
 * @param {any} right what is right, where that is told: of numbers it is a range of its own, and no other has any of it
 * @param {(key: string, values?: object) => string} t
 */
export function bins(question, right, t) {
  return question.kind === "number" ? binned(question, right, t) : chosen(question, right);
}

function chosen({choices}, right) {
  return {names: choices, at: (said) => said, isRight: (bin) => right?.choice === bin, count: (said) => said};
}

// A number on the edge of two ranges is of the right one, or else of the upper, but at the very end.
function binned({low, high, unit}, right, t) {
  const slack = SLACK * (high - low);
  const edges = Array.from({length: BINS + 1}, (_, i) => low + (i * (high - low)) / BINS);
  const even = edges.slice(1).map((to, i) => ({from: edges[i], to}));
  const from = right ? Math.max(low, right.answer - right.tolerance) : high;
  const to = right ? Math.min(high, right.answer + right.tolerance) : high;
  const below = even.filter((one) => one.from < from - slack).map((one) => ({...one, to: Math.min(one.to, from)}));
  const above = even.filter((one) => one.to > to + slack).map((one) => ({...one, from: Math.max(one.from, to)}));
  const all = [...below, ...(right ? [{from, to}] : []), ...above];
  const isRight = (bin) => Boolean(right) && bin === below.length;
  const at = (value) => {
    if (right && value >= from - slack && value <= to + slack) return below.length;
    return all.findLastIndex((one, bin) => !isRight(bin) && value >= one.from - slack);
  };
  const named = (one) => {
    if (one.from === one.to) return `${number(one.from)} ${unit}`.trim();
    return t("room.result.bin", {low: number(one.from), high: number(one.to), unit}).trim();
  };
  return {
    names: all.map(named),
    at,
    isRight,
    count: (said) => all.map((_, bin) => said.filter((value) => at(value) === bin).length),
  };
}
