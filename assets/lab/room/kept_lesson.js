// What somebody who takes a lesson alone has done so far: kept by their browser, and by nobody else.

/**
 * @typedef {object} Taken
 * @property {number} at the place in the lesson (see `walk.js`)
 * @property {number} reached the furthest one
 * @property {Record<string, number>} said what was predicted, by step: a choice, or a number
 * @property {Record<string, string>} words the same in words, where nothing is to be chosen
 * @property {string} sentence of their own
 */

/** @returns {Taken} */
function nothing() {
  return {at: 0, reached: 0, said: {}, words: {}, sentence: ""};
}

export class KeptLesson {
  /** @param {{lesson: string, language: string, digest: string, view: string}} config */
  constructor({lesson, language, digest, view}) {
    this.key = ["trick-lab.lesson", language, lesson, view].filter(Boolean).join(".");
    this.digest = digest;
  }

  /** What was done of the lesson as it is now; nothing where it asks something else, or the browser keeps nothing. */
  read() {
    try {
      const {digest, ...taken} = JSON.parse(localStorage.getItem(this.key));
      return digest === this.digest ? {...nothing(), ...taken} : nothing();
    } catch {
      return nothing();
    }
  }

  /** @param {Taken} taken */
  write(taken) {
    try {
      localStorage.setItem(this.key, JSON.stringify({digest: this.digest, ...taken}));
    } catch {
      return; // the browser keeps nothing: a reload starts afresh
    }
  }
}
