// One live socket that comes back by itself.

import {decode} from "../data/frames.js";
import {ReturningSocket} from "./returning.js";

export class LiveSocket extends ReturningSocket {
  /**
   * @param {string} path the socket's path on this page's host
   * @param {number} older the code with which a server closes that speaks another version: the page has to be loaded anew
   * @param {{
   *   opened: () => void, frame: (header: any, arrays: any[]) => void, heard: (turns: number) => void,
   *   dropped: (reason: string) => void
   * }} on
   *   `heard` gets how many turns what the server says next comes after, `dropped` the reason it gave, or ""
   */
  constructor(path, older, on) {
    super(path, [older]);
    this.on = on;
  }

  opened() {
    this.settled();
    this.on.opened();
  }

  dropped(_code, reason) {
    this.on.dropped(reason);
  }

  took(data) {
    if (!(data instanceof ArrayBuffer)) return void this.on.heard(JSON.parse(data).turns);
    const {header, arrays} = decode(data);
    this.on.frame(header, arrays);
    // A hidden page needs no frame a hundred milliseconds: it asks for the next one once a second.
    if (document.hidden) setTimeout(() => this.send({type: "ack"}), 1000);
    else this.send({type: "ack"});
  }
}
