// What a page of a room says and is told: JSON both ways, on a socket that comes back by itself.

import {ReturningSocket} from "../page/returning.js";

const FINAL = [4403, 4410]; // sent away; there is no such room, or nobody is let in (`pages/lab/halls.py`)

export class RoomSocket extends ReturningSocket {
  /**
   * @param {string} path the socket's path on this page's host
   * @param {object} entry the first message of every connection
   * @param {{told: (message: any) => void, dropped: (isOver: boolean, reason: string) => void}} on
   */
  constructor(path, entry, on) {
    super(path, FINAL);
    this.entry = entry;
    this.on = on;
  }

  opened() {
    this.send({type: "enter", ...this.entry});
  }

  took(data) {
    this.settled(); // not before: who has connected may yet be sent away
    this.on.told(JSON.parse(/** @type {string} */ (data)));
  }

  dropped(_code, reason) {
    this.on.dropped(this.isOver, reason);
  }
}
