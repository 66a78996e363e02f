// How an experiment stands, in words that phone, wall and desk share.

import {duration} from "../data/text.js";

const STATES = ["finished", "canceled", "failed", "interrupted", "gone"];

/** How far it is. @param {any} experiment as the room tells of it @param {(key: string, values?: object) => string} t */
export function standing({state, done, total, eta_s}, t) {
  if (STATES.includes(state)) return t(`room.experiment.state.${state}`, {done, total});
  if (!state) return t("room.experiment.state.new");
  const made = t("room.experiment.state.running", {done, total});
  return Number.isFinite(eta_s) ? `${made} · ${t("room.experiment.left", {time: duration(eta_s, t)})}` : made;
}

/**
 * How many runs are made before the next one of a place; 0: it is the next, null: there is none to come.
 *
 * They begin in the order of the places, and so again for each further seed.
 *
 * @param {{places: number, seeds: number, begun: number}} experiment
 * @param {number} place
 */
export function before({places, seeds, begun}, place) {
  const round = Math.max(0, Math.ceil((begun - place) / places));
  return round < seeds ? round * places + place - begun : null;
}

/**
 * The address at which the lab shows the study; "" where its page has none, as of shared settings (which are no arm's).
 *
 * @param {{address: string, bids: {arm: ?number}[]}} page @param {any} experiment
 */
export function studyAddress({address, bids}, {study, knobs}) {
  if (bids.some(({arm}) => arm === null)) return "";
  const shown = knobs.length ? `${study}:${knobs.join()}` : study;
  return `${address}${address.includes("?") ? "&" : "?"}study=${encodeURIComponent(shown)}`;
}
