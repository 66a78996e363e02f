// The numbers of runs that stand beside each other: the last, the best, and those at a place of the x axis.

import {shownValues} from "../charts/race_figure.js";
import {bestAmong, direction} from "../data/standings.js";
import {lastAtMost, tableOf} from "../data/store.js";

const NEAR = 1e-9; // of a place: what rounding does to it

/** What a run's arm last measured. */
export function lastOf(store, name) {
  return tableOf(store.arms[store.head.arm], name).last(name);
}

/** Whether all have last measured at the same step, so that what they are by then can be compared. */
export function endAlike(stores, name) {
  const ends = stores.map((store) => endOf(store, name)).filter(Number.isFinite);
  return ends.every((step) => step === ends[0]);
}

// Whether the numbers of its arm ended: that is the best of nothing.
function hasEnded(store) {
  return store.failure(store.head.arm) !== null;
}

function endOf(store, name) {
  return tableOf(store.arms[store.head.arm], name).last("step");
}

/** The best that it measured; NaN of what has no better. */
export function bestOf(store, name, better) {
  const values = Array.from(tableOf(store.arms[store.head.arm], name).view(name)).filter(Number.isFinite);
  if (!values.length || !better) return NaN;
  return values.reduce((best, value) => (better === "lower" ? Math.min(best, value) : Math.max(best, value)));
}

/** What its curve shows at a place of the x axis: what was last measured; NaN before its first and behind its last. */
export function valueAt(store, name, {x, smooth}, place) {
  const {arm} = store.head;
  const table = tableOf(store.arms[arm], name);
  const steps = table.view("step");
  const places = Array.from(steps, store.axis(arm, x));
  const far = place + NEAR * Math.max(1, Math.abs(place));
  const at = lastAtMost(places, far);
  const isBehind = at === places.length - 1 && place > places[at] * (1 + NEAR);
  return at < 0 || isBehind ? NaN : shownValues(name, steps, table.view(name), smooth)[at];
}

/**
 * Their rows as the tables of standings have them: in the columns what they last measured, their best and, where there
 * is one, what they are at the cursor, each with the difference to the reference's. Runs that came to different steps
 * are compared at the cursor alone.
 *
 * @param {any[]} stores
 * @param {{labels: string[], name: string, better: string, reference: number, view: {x: string, smooth: number}, cursor: ?number}} shown
 */
export function valueRows(stores, {labels, name, better, reference, view, cursor}) {
  const ends = stores.map((store) => endOf(store, name));
  const isFair = endAlike(stores, name);
  const columns = [
    {of: (store) => lastOf(store, name), best: isFair && better, isOfEnd: true},
    {of: (store) => bestOf(store, name, better), best: isFair && better, isOfEnd: true},
    ...(cursor === null ? [] : [{of: (store) => valueAt(store, name, view, cursor), best: better, isOfEnd: false}]),
  ].map(({of, best, isOfEnd}) => {
    const values = stores.map(of);
    const judged = values.map((value, run) => (isOfEnd && hasEnded(stores[run]) ? NaN : value));
    return {values, judged, isOfEnd, best: bestAmong(judged, best || "")};
  });
  return stores.map((_, run) => ({
    label: labels[run],
    name: labels[run],
    cells: columns.map(({values, judged, isOfEnd, best}) => {
      const isApart = run === reference || (isOfEnd && ends[run] !== ends[reference]);
      const difference = isApart ? NaN : values[run] - values[reference];
      const way = better ? direction(difference, better) : 0;
      return {value: values[run], difference, way, best: judged[run] === best};
    }),
  }));
}
