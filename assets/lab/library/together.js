// Runs that stand beside each other as one thing to draw: each line is an arm of one of them.

import {lastAtMost, Store, tableOf} from "../data/store.js";
import {DASHES} from "../page/theme.js";

/** How the line of each run is drawn; the dash is left to baselines. */
export const RUN_DASHES = [...DASHES.slice(1), "dashdot"];

/** @typedef {{store: Store, arm: number, run: number}} Line an arm of a run, drawn as that of the run at that place */

/**
 * The runs that a frame tells of, each as a page of its own would know it.
 *
 * @param {{runs: any[]}} header @param {any[]} arrays each says of which `run` it is
 */
export function storesOf({runs}, arrays) {
  return runs.map((told, i) => {
    const own = arrays.filter(({run}) => run === i);
    return Store.fromSnapshot({...told, run: told.id}, own, null);
  });
}

/** Whether two arms measured the same at every step that both have, and there is one. */
export function isSame(one, other, name) {
  const [steps, others] = [one.view("step"), other.view("step")];
  const [values, theirs] = [one.view(name), other.view(name)];
  let shared = 0;
  for (const [i, step] of steps.entries()) {
    const at = lastAtMost(others, step);
    if (at < 0 || others[at] !== step) continue;
    if (!Object.is(values[i], theirs[at])) return false;
    shared += 1;
  }
  return shared > 0;
}

/**
 * The lines that show `name`: of each run the arm with the trick, then the baselines, each drawn once, for the first run
 * that has it; where all runs have the same it is nobody's (`run` −1).
 *
 * @param {Store[]} stores
 * @returns {Line[]}
 */
export function linesOf(stores, name) {
  const table = ({store, arm}) => tableOf(store.arms[arm], name);
  const own = stores.map((store, run) => ({store, arm: store.head.arm, run}));
  /** @type {Line[]} */
  const distinct = [];
  for (const [run, store] of stores.entries()) {
    const line = {store, arm: 0, run};
    if (!table(line).view("step").length) continue;
    const at = distinct.findIndex((other) => isSame(table(other), table(line), name));
    if (at < 0) distinct.push(line);
    else if (table(line).last("step") > table(distinct[at]).last("step"))
      distinct[at] = {...line, run: distinct[at].run};
  }
  return [...own, ...(distinct.length === 1 ? [{...distinct[0], run: -1}] : distinct)];
}

/** Which of ascending places is the nearest to one, by its index; -1 without any. */
export function nearest(places, place) {
  const before = lastAtMost(places, place);
  if (before < 0) return places.length ? 0 : -1;
  return places[before + 1] - place < place - places[before] ? before + 1 : before;
}

/** Lines of several runs in the place of one run's arms (see `Store`). */
export class Together {
  events = [];
  failures = []; // a line just ends

  /** @param {Store[]} stores @param {Line[]} lines */
  constructor(stores, lines) {
    this.stores = stores;
    this.lines = lines;
    this.run = stores.map(({run}) => run).join("+");
    this.head = {about: ""};
  }

  get arms() {
    return this.lines.map(({store, arm}) => store.arms[arm]);
  }

  get step() {
    return Math.max(0, ...this.stores.map(({step}) => step));
  }

  get steps() {
    return Math.max(1, ...this.stores.map(({steps}) => steps));
  }

  axis(line, unit) {
    const {store, arm} = this.lines[line];
    return store.axis(arm, unit);
  }

  axisEnd(unit) {
    return Math.max(...this.stores.map((store) => store.axisEnd(unit)));
  }

  /** The steps of a line's run between two places of the x axis. */
  stepsBetween(unit, from, to, line) {
    return this.lines[line].store.stepsBetween(unit, from, to);
  }

  /** Where on the x axis a line has a value of what is called so: each place once, ascending. */
  places(name, unit) {
    const places = this.lines.flatMap(({store, arm}, line) =>
      Array.from(tableOf(store.arms[arm], name).view("step"), this.axis(line, unit)),
    );
    return [...new Set(places)].sort((one, other) => one - other);
  }

  failure(line) {
    const {store, arm} = this.lines[line];
    return store.failure(arm);
  }
}
