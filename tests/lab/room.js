// A room around a plain page: its words, its state in each phase, and its page.

import {readFileSync} from "node:fs";
import {makeText} from "../../assets/lab/data/text.js";
import {h} from "../../assets/lab/page/dom.js";
import {sockets, visit} from "./server.js";

const TEXTS = JSON.parse(readFileSync(new URL("../../assets/text/en/labels.json", import.meta.url), "utf-8"));
const marked = (key, text) =>
  `<${[key, ...Array.from(text.matchAll(/\{(\w+)\}/g), ([at, name]) => `${name}=${at}`)].join(" ")}>`;

/** Each label of a room is `<its.key name=value …>`; one that is missing stays a bare key. */
const LABELS = Object.fromEntries(
  Object.entries(TEXTS)
    .filter(([key]) => /^(room|report|alone|lab\.time)\./.test(key))
    .map(([key, text]) => [key, marked(key, text)]),
);
export const t = makeText(LABELS);

export const CONFIG = {
  room: "r1",
  title: "Lesson",
  language: "en",
  labels: LABELS,
  socket: "/lab/room",
  live: "/lab/live?v=1",
  older: 4409,
  rooms: "/lab/rooms",
  report: "/report/r1",
};

export const CHOICE = {kind: "choice", text: "<p>Which?</p>", choices: ["A", "B", "C"]};
export const NUMBER = {kind: "number", text: "<p>How many?</p>", low: 0, high: 12, unit: "%"};
export const OPEN = {kind: "open", text: "<p>Why?</p>", choices: []};

const PAGE = {
  address: "/trick?seed=0",
  present: "/trick?seed=0&view=present&autostart=1",
  watch: "/trick?seed=0&view=present&run=",
  charts: [{title: "loss", traces: ["loss"], log: false}],
  knobs: [],
  bids: [],
};

/** The room as the server tells of it (`trainers/teaching/room.py`), with `more` of it otherwise. */
export function roomIn(phase, more = {}) {
  const asked = {
    predict: {question: CHOICE},
    result: {question: CHOICE, result: {first: [1, 2, 0], second: null, right: {choice: 1}}},
  };
  return {
    type: "room",
    room: "r1",
    title: "Lesson",
    closed: false,
    step: 0,
    of: 3,
    phase,
    heading: "First step",
    joined: 4,
    here: 3,
    run: "",
    names: false,
    asks: "vote",
    vote: null,
    question: null,
    page: PAGE,
    desks: [],
    ...asked[phase],
    ...(phase === "explain" && {explain: "<p>So it is.</p>", misread: "<p>So it is not.</p>"}),
    ...more,
  };
}

/** A vote that is open for so many seconds. */
export function voteOf(number, left_s = 30, more = {}) {
  return {number, again: false, left_s, said: 0, ...more};
}

/** A document that the server sent with this configuration; what `visit` gives. */
export function load(more = {}, {path = "/room/r1", ...how} = {}) {
  const visited = visit(path, how);
  const config = h("script", {type: "application/json", id: "config"}, JSON.stringify({...CONFIG, ...more}));
  document.body.append(h("main", {}, "One moment"), config);
  return visited;
}

/** The newest socket of the room, and of the live run. */
export const socketTo = (path) => sockets.findLast(({url}) => url.includes(path));

/** What of an element's parts is seen, as text. */
export function seen(element) {
  if (element.hidden) return "";
  if (!element.children.length) return element.textContent;
  return [...element.childNodes]
    .map((node) => (node.nodeType === 3 ? node.textContent : seen(node)).trim())
    .filter(Boolean)
    .join(" ");
}
