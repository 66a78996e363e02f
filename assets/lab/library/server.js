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
  /** @param {string} path the library's address @param {string} language */
  constructor(path, language) {
    this.path = path;
    this.language = language;
  }

  /**
   * So many of the list from `start` on; null where that is what was told the last time.
   *
   * @param {import("./filters.js").Shown} shown
   * @returns {Promise<any>}
   */
  async page(shown, start, count) {
    const address = `${this.path}${toServer(shown, {start, count, language: this.language})}`;
    const answer = await this.#news(address);
    return answer ? answer.json() : null;
  }

  /**
   * Runs beside each other; null where that is what was told the last time.
   *
   * @param {string[]} ids
   * @returns {Promise<?{header: any, arrays: any[]}>}
   */
  async compared(ids) {
    const answer = await this.#news(`${this.path}${query({compare: ids.join(","), lang: this.language})}`);
    return answer ? decode(await answer.arrayBuffer()) : null;
  }

  /** The next page is told, whatever was told before. */
  forget() {
    this.last = null;
  }

  /** Has something be so of those: `{name}`, `{note}`, `{pinned}` or `{deleted}`. */
  async change(ids, what) {
    this.forget();
    await ask(this.path, {
      method: "PATCH",
      body: JSON.stringify({ids, ...what}),
      headers: {"content-type": "application/json"},
    });
  }

  // The answer; null where it is what was told the last time.
  async #news(address) {
    const last = this.last?.address === address ? this.last.tag : null;
    const answer = await ask(address, {headers: last === null ? {} : {"if-none-match": last}});
    if (answer.status === 304) return null;
    this.last = {address, tag: answer.headers.get("etag")};
    return answer;
  }
}
