// The way through a lesson, place after place.

/** @typedef {{phase: "intro" | "predict" | "run" | "explain" | "sheet", step: number}} Place */

/**
 * All places of a lesson: its beginning, of each step the question, the run and why, and at last the sheet.
 *
 * @param {{question: any}[]} steps
 * @param {boolean} hasSheet
 * @returns {Place[]}
 */
export function placesOf(steps, hasSheet) {
  const places = steps.flatMap(({question}, step) =>
    ["predict", "run", "explain"].filter((phase) => question || phase !== "predict").map((phase) => ({phase, step})),
  );
  const ends = hasSheet ? [{phase: "sheet", step: steps.length - 1}] : [];
  return /** @type {Place[]} */ ([{phase: "intro", step: 0}, ...places, ...ends]);
}

/** Whether a question has answers to choose from, or a number to say. @param {any} question */
export function isVotedOn(question) {
  return Boolean(question) && question.kind !== "open";
}
