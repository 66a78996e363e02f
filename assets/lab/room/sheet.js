// What somebody takes home of a lesson: what they predicted, what was right, and a sentence of their own.

import {number} from "../data/text.js";
import {h} from "../page/dom.js";
import {rightText} from "./votes_table.js";
import {isVotedOn} from "./walk.js";

/** A prediction in words. @param {any} question @param {number | undefined} said */
export function saidText({kind, choices, unit}, said) {
  if (said === undefined) return "";
  return kind === "choice" ? (choices[said] ?? "") : `${number(said)} ${unit}`.trim();
}

/**
 * @param {{title: string, aim: string, steps: any[]}} lesson
 * @param {import("./kept_lesson.js").Taken} taken
 * @param {Map<number, {right?: any, is_right?: boolean}>} told what the server has told, by step
 * @param {(key: string, values?: object) => string} t
 */
export function sheet({title, aim, steps}, taken, told, t) {
  return h(
    "section",
    {class: "alone-sheet"},
    h("h1", {dir: "auto"}, title),
    h("p", {dir: "auto"}, aim),
    h("p", {class: "alone-paper"}, t("alone.name")),
    ...steps.map((step, at) => (step.question ? part(step, at, taken, told.get(at), t) : "")),
    taken.sentence &&
      h("div", {class: "alone-own"}, h("h2", {}, t("alone.sentence")), h("p", {dir: "auto"}, taken.sentence)),
  );
}

function part({heading, question}, at, {said, words}, told, t) {
  const text = h("div", {class: "room-text"});
  text.innerHTML = question.text;
  const own = isVotedOn(question) ? saidText(question, said[at]) : words[at];
  const mark = told?.is_right === true ? " ✓" : told?.is_right === false ? " ✗" : "";
  const right = rightText(question, told?.right, t);
  const line = (key, value) => h("div", {}, h("dt", {}, t(key)), h("dd", {dir: "auto"}, value));
  return h(
    "div",
    {class: "alone-part"},
    h("h2", {dir: "auto"}, `${at + 1} ${heading}`),
    text,
    h("dl", {}, line("alone.own", `${own || t("alone.none")}${mark}`), right && line("alone.right", right)),
  );
}
