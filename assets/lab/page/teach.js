// "Teach this": opens a room for a class, and goes to its wall.

import {ask} from "./asking.js";

/**
 * @param {string} rooms where rooms are opened
 * @param {{lesson?: string, page?: string, query?: Record<string, string>, lang: string}} asked
 * @param {(address: string) => void} [go]
 */
export async function teach(rooms, asked, go = (address) => location.assign(address)) {
  const answer = await ask(rooms, {method: "POST", body: JSON.stringify(asked)});
  go((await answer.json()).wall);
}
