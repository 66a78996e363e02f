// What a page asks the server by plain HTTP, as its visitor.

import {hello} from "./lease.js";

/** Why something could not be done, in a sentence; "" where the lab was not reached. */
export class Refused extends Error {
  /** @param {string} sentence @param {number} status of the answer, 0 without one */
  constructor(sentence, status = 0) {
    super(sentence);
    this.status = status;
  }

  /** Whether it would be refused again. */
  get isForGood() {
    return this.status === 400;
  }
}

/** Why it could not be done; `unreached` where the server was not reached. @param {any} error @param {string} unreached */
export function reasonOf(error, unreached) {
  return error.message || unreached;
}

/**
 * The answer to it. Where the browser keeps no cookie, the tab's secret says who asks.
 *
 * @param {string} address
 * @param {RequestInit & {headers?: Record<string, string>}} asked
 */
export async function ask(address, {headers, ...more} = {}) {
  let answer;
  try {
    answer = await fetch(address, {...more, headers: {...headers, "x-lab-secret": hello().secret}});
  } catch {
    throw new Refused("");
  }
  if (!answer.ok && answer.status !== 304) throw new Refused(sentenceOf(await answer.text()), answer.status);
  return answer;
}

/**
 * What does as it is told, unless it is still at what it was told before: of two answers the older may come last, and
 * what it says may have been made worthless by the newer question.
 *
 * @returns {(press: () => Promise<void>) => Promise<void>}
 */
export function oneAtATime() {
  let isAsking = false;
  return async (press) => {
    if (isAsking) return;
    isAsking = true;
    try {
      await press();
    } finally {
      isAsking = false;
    }
  };
}

// What stands before the lab answers with pages.
function sentenceOf(text) {
  return text.trimStart().startsWith("<") ? "" : text;
}
