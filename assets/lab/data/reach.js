// What of a page's controls is in reach, as its address says (`pages/lab/reach.py`): some are hidden, some are locked.

/** @typedef {{show: ?string[], lock: string[], strict: boolean}} Told `show` is null where all are shown */

/** @type {Told} */
const ALL = {show: null, lock: [], strict: false};

export class Reach {
  /** @param {Told} [told] */
  constructor(told = ALL) {
    this.told = told;
  }

  /** Whether what is hidden stays so. */
  get strict() {
    return this.told.strict;
  }

  /** Whether it is said which controls are shown. */
  get narrows() {
    return this.told.show !== null;
  }

  /** Whether a control is left out. @param {string} name */
  hides(name) {
    const {show} = this.told;
    return show !== null && !show.includes(name);
  }

  /** Whether it is there, and cannot be changed. @param {string} name */
  locks(name) {
    return !this.hides(name) && this.told.lock.includes(name);
  }

  /** Whether it can be changed. @param {string} name */
  frees(name) {
    return !this.hides(name) && !this.locks(name);
  }

  /** What is said of a control, of which there are three states. @param {string} name @returns {State} */
  stateOf(name) {
    if (this.hides(name)) return "hidden";
    return this.locks(name) ? "locked" : "free";
  }
}

/** @typedef {"free" | "locked" | "hidden"} State */

/**
 * What an address says that leaves controls in these states.
 *
 * @param {Map<string, State>} states of all controls there are, in the order of the page
 * @param {boolean} strict
 * @returns {Told}
 */
export function toldOf(states, strict) {
  const names = [...states.keys()];
  const show = names.filter((name) => states.get(name) !== "hidden");
  const lock = names.filter((name) => states.get(name) === "locked");
  const isWhole = show.length === names.length;
  return {show: isWhole ? null : show, lock, strict: strict && !(isWhole && !lock.length)};
}

/** The parameters of an address that say it. @param {Told} [told] @returns {Record<string, string>} */
export function reachParams({show, lock, strict} = ALL) {
  /** @type {Record<string, string>} */
  const params = {};
  if (show !== null) params.show = show.join(",");
  if (lock.length) params.lock = lock.join(",");
  if (strict) params.strict = "1";
  return params;
}
