// What the library asks the server, by plain HTTP.

import {hello} from "../page/lease.js";
import {toServer} from "./filters.js";

/** Why something could not be done, in a sentence; "" where the server was not reached. */
export class Refused extends Error {}

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
    const last = this.last?.address === address ? this.last.tag : null;
    const answer = await this.#ask(address, {headers: last === null ? {} : {"if-none-match": last}});
    if (answer.status === 304) return null;
    this.last = {address, tag: answer.headers.get("etag")};
    return answer.json();
  }

  /** The next page is told, whatever was told before. */
  forget() {
    this.last = null;
  }

  /** Has something be so of those: `{name}`, `{note}`, `{pinned}` or `{deleted}`. */
  async change(ids, what) {
    this.forget();
    await this.#ask(this.path, {
      method: "PATCH",
      body: JSON.stringify({ids, ...what}),
      headers: {"content-type": "application/json"},
    });
  }

  // Where the browser keeps no cookie, the tab's secret says who asks.
  async #ask(address, {headers, ...more}) {
    let answer;
    try {
      answer = await fetch(address, {...more, headers: {...headers, "x-lab-secret": hello().secret}});
    } catch {
      throw new Refused("");
    }
    if (!answer.ok && answer.status !== 304) throw new Refused(await answer.text());
    return answer;
  }
}
