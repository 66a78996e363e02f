// What a device is known by in a room: a secret that the browser keeps for that room alone.

import {randomSecret} from "../page/lease.js";

const SECRET = /^[\w-]{32}$/;

/** The secret of this device in that room: the one it has, or a new one. @param {string} room */
export function secretOf(room) {
  const key = `trick-lab.room.${room}`;
  try {
    const kept = localStorage.getItem(key);
    if (SECRET.test(kept)) return kept;
    const made = randomSecret();
    localStorage.setItem(key, made);
    return made;
  } catch {
    return randomSecret(); // the browser keeps nothing: a reload comes in anew
  }
}
