// Which runs the library shows, in what order: as the page's address says it, and as the server is asked.

import {query} from "../data/address.js";

/** What is shown where the address says nothing; dates as `2026-11-29` of the reader's own clock, `longer` in seconds. */
export const PLAIN = {
  words: "",
  trick: "",
  task: "",
  state: "",
  since: "",
  until: "",
  longer: "",
  bin: false,
  sort: "created_at",
  down: true,
};

/** @typedef {typeof PLAIN} Shown */

/** The columns that the list can be sorted by, and whether their largest comes first. */
export const SORTS = {
  created_at: true,
  name: false,
  trick: false,
  task: false,
  steps: true,
  status: false,
  seconds: true,
  result: false,
};

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const SOUND = {
  since: (text) => DATE.test(text) && !Number.isNaN(Date.parse(text)),
  until: (text) => DATE.test(text) && !Number.isNaN(Date.parse(text)),
  longer: (text) => /^\d{1,9}$/.test(text),
  sort: (text) => text in SORTS,
};

/** What an address shows; of it what cannot be is left out. @param {string} search @returns {Shown} */
export function readShown(search) {
  const params = new URLSearchParams(search);
  const shown = {...PLAIN};
  for (const [name, plain] of Object.entries(PLAIN)) {
    const text = params.get(name);
    if (text === null || SOUND[name]?.(text) === false) continue;
    shown[name] = typeof plain === "boolean" ? text === "1" : text;
  }
  if (!params.has("down")) shown.down = SORTS[shown.sort];
  return shown;
}

/** The parameters of an address that shows this: what differs from the page as it opens. @param {Shown} shown */
export function toParams(shown) {
  const usual = {...PLAIN, down: SORTS[shown.sort]};
  const params = {};
  for (const [name, value] of Object.entries(shown)) if (value !== usual[name]) params[name] = written(value);
  return params;
}

/**
 * What the server is asked for.
 *
 * @param {Shown} shown
 * @param {{start: number, count: number, language: string}} which rows, and in whose words
 */
export function toServer(shown, {start, count, language}) {
  const {since, until, ...rest} = shown;
  const params = {};
  for (const [name, value] of Object.entries(rest)) if (value !== PLAIN[name]) params[name] = written(value);
  if (since) params.since = String(midnight(since));
  if (until) params.until = String(midnight(until, 1) - 0.001); // the whole day
  return query({...params, start: String(start), count: String(count), lang: language});
}

/** Whether some are left out. @param {Shown} shown */
export function isFiltered(shown) {
  return ["words", "trick", "task", "state", "since", "until", "longer"].some((name) => shown[name]);
}

/** The same place and order, with none left out. @param {Shown} shown @returns {Shown} */
export function unfiltered({bin, sort, down}) {
  return {...PLAIN, bin, sort, down};
}

/** The order after a press on a column: another one's own, the same one turned round. @param {Shown} shown */
export function sorted(shown, sort) {
  return {...shown, sort, down: shown.sort === sort ? !shown.down : SORTS[sort]};
}

function written(value) {
  return typeof value === "boolean" ? String(Number(value)) : value;
}

// When a day begins where the reader is, so many days later, in seconds since 1970.
function midnight(date, days = 0) {
  const [year, month, day] = date.split("-").map(Number);
  return new Date(year, month - 1, day + days).getTime() / 1000;
}
