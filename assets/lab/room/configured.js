// What a page of a room is told by the server, and how it begins.

import {makeText} from "../data/text.js";

/** The page's configuration, and its words. */
export function configured() {
  const config = JSON.parse(document.getElementById("config").textContent);
  return {config, t: makeText(config.labels), main: document.querySelector("main")};
}

/** Begins the page where there is one: a test that imports it begins it itself. @param {() => void} begin */
export function whenThere(begin) {
  if (document.getElementById("config")) begin();
}
