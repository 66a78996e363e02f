// Says on the page why the server turns it away. The page itself cannot: without its connection it stays empty.

import {h} from "./page/dom.js";
import {loadStyles} from "./page/styles.js";

const FIRST_MS = 2000;
const LONGEST_MS = 30_000;
const PATIENCE_MS = 15_000; // before it is said that no connection comes through
const {door, blocked} = /** @type {HTMLElement} */ (document.querySelector("script[data-door]")).dataset;
const line = h("p", {class: "lab-door", role: "alert"});

function say(text) {
  if (text) loadStyles("door");
  if (text && !line.isConnected) document.body.prepend(line);
  if (line.textContent !== text) line.textContent = text;
  if (!text) line.remove();
}

// Why this page is not let in, "" where it is; null where nobody answers, which is another trouble than a proxy's.
async function ask() {
  try {
    const answer = await fetch(`${door}?origin=${encodeURIComponent(location.origin)}`);
    return answer.ok ? (await answer.json()).refusal : null;
  } catch {
    return null;
  }
}

// Streamlit notes the state of its connection on the page; where it does not, only a refusal can be told.
async function look(wait) {
  const noted = /** @type {?HTMLElement} */ (document.querySelector("[data-test-connection-state]"));
  const state = noted?.dataset.testConnectionState;
  if (state === "CONNECTED") return void say("");
  const refusal = await ask();
  const isBlocked = refusal === "" && state !== undefined && performance.now() > PATIENCE_MS;
  say(refusal || (isBlocked ? blocked : ""));
  setTimeout(() => look(Math.min(1.5 * wait, LONGEST_MS)), wait);
}

setTimeout(() => look(FIRST_MS), FIRST_MS);
