// What the library asks the server, by plain HTTP.

import {query} from "../data/address.js";
import {decode} from "../data/frames.js";
import {ask} from "../page/asking.js";
import {toServer} from "./filters.js";

const FOLLOW_MS = 4000;
const SHARE = 0.05; // of its time that a server may spend on a page's following

/** How long a page that follows waits until it asks again, in ms. @param {number} begun when it asked the last time */
export function pauseAfter(begun) {
  return Math.max(FOLLOW_MS, (performance.now() - begun) / SHARE);
}

export class Server {
  /** @type {?{address: string, tag: ?string, told: any}} the answer that was read last */
  last = null;

  /** @param {string} path the library's address @param {string} language */
  constructor(path, language) {
    this.path = path;
    this.language = language;
  }

  /**
   * So many of the list from `start` on; the same object where that is what was told the last time.
   *
   * @param {import("./filters.js").Shown} shown
   * @returns {Promise<any>}
   */
  async page(shown, start, count) {
    const address = `${this.path}${toServer(shown, {start, count, language: this.language})}`;
    return this.#told(address, (answer) => answer.json());
  }

  /**
   * Runs beside each other; the same object where that is what was told the last time.
   *
   * @param {string[]} ids
   * @returns {Promise<{header: any, arrays: any[]}>}
   */
  async compared(ids) {
    const address = `${this.path}${query({compare: ids.join(","), lang: this.language})}`;
    return this.#told(address, async (answer) => decode(await answer.arrayBuffer()));
  }

  /** Has something be so of those: `{name}`, `{note}`, `{pinned}` or `{deleted}`. */
  async change(ids, what) {
    await ask(this.path, {
      method: "PATCH",
      body: JSON.stringify({ids, ...what}),
      headers: {"content-type": "application/json"},
    });
  }

  // What the answer says. Its tag is kept with what was read of it: one that never arrived whole is asked for again,
  // and who let an answer go, since another was under way, is told what it said.
  async #told(address, read) {
    const last = this.last?.address === address ? this.last : null;
    const answer = await ask(address, {headers: last?.tag ? {"if-none-match": last.tag} : {}});
    if (answer.status === 304) return last.told;
    const told = await read(answer);
    this.last = {address, tag: answer.headers.get("etag"), told};
    return told;
  }
}
