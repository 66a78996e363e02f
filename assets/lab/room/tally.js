// What came of a question's votes, as bars: the first, and where there was one the second.

import {number} from "../data/text.js";
import {h} from "../page/dom.js";

const BINS = 10;

/**
 * @param {any} question
 * @param {{first: ?number[], second: ?number[], right?: any}} result counts by choice, or the numbers said
 * @param {(key: string, values?: object) => string} t
 * @param {number} [own] what this device has said
 */
export function tally(question, {first, second, right}, t, own) {
  const {names, at, of, count} = bins(question, t);
  const votes = Object.entries({first, second}).filter(([, said]) => said);
  const counts = votes.map(([which, said]) => ({which, counts: count(said)}));
  const most = Math.max(1, ...counts.flatMap((one) => one.counts));
  const bars = names.map((name, bin) => {
    const isRight = Boolean(right) && of(right) === bin;
    const mark = isRight && h("b", {role: "img", "aria-label": t("room.result.right")}, " ✓");
    return h(
      "div",
      {class: "room-bar", "data-right": isRight, "data-own": at(own) === bin},
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

/** What was answered, parted: each choice, or ranges of numbers. @param {any} question @param {(key: string, values?: object) => string} t */
export function bins(question, t) {
  return question.kind === "number" ? binned(question, t) : chosen(question);
}

function chosen({choices}) {
  return {names: choices, at: (said) => said, of: ({choice}) => choice, count: (said) => said};
}

// A number on the edge of two bins is of the upper one, but at the very end.
function binned({low, high, unit}, t) {
  const edge = (bin) => low + (bin * (high - low)) / BINS;
  const at = (value) => Math.min(BINS - 1, Math.floor((BINS * (value - low)) / (high - low) + 1e-9));
  const all = Array.from({length: BINS}, (_, bin) => bin);
  return {
    names: all.map((bin) => t("room.result.bin", {low: number(edge(bin)), high: number(edge(bin + 1)), unit}).trim()),
    at,
    of: ({answer}) => at(answer),
    count: (said) => all.map((bin) => said.filter((value) => at(value) === bin).length),
  };
}
