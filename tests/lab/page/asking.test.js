import assert from "node:assert/strict";
import {test} from "node:test";
import {ask, oneAtATime, reasonOf, Refused} from "../../../assets/lab/page/asking.js";
import {visit} from "../server.js";

const told = (message) => (error) => error instanceof Refused && error.message === message;

test("it is asked as the tab's visitor, and what is refused comes with its sentence", async () => {
  visit();
  const asked = [];
  let status = 200;
  globalThis.fetch = /** @type {any} */ (
    async (address, options) => {
      asked.push({address, ...options});
      return {status, ok: status < 300, text: async () => "No."};
    }
  );
  assert.equal((await ask("/a", {method: "POST", headers: {x: "y"}})).status, 200);
  const [{address, method, headers}] = asked;
  assert.deepEqual([address, method, headers.x], ["/a", "POST", "y"]);
  assert.match(headers["x-lab-secret"], /^[\w-]{32}$/);
  status = 304; // what was told is still so
  assert.equal((await ask("/a")).status, 304);
  status = 400;
  await assert.rejects(ask("/a"), told("No."));
  globalThis.fetch = async () => {
    throw new TypeError("no network");
  };
  await assert.rejects(ask("/a"), told(""));
  assert.deepEqual(
    ["", "No."].map((message) => reasonOf(new Refused(message), "unreached")),
    ["unreached", "No."],
  );
});

test("what is still at what it was told does nothing else, and goes on once it has ended, however it has", async () => {
  const alone = oneAtATime();
  const done = [];
  let end;
  const first = alone(() => new Promise((_, reject) => (end = reject)));
  await alone(async () => done.push("while it asks"));
  end(new Error("none"));
  await assert.rejects(first, /none/);
  await alone(async () => done.push("after it"));
  assert.deepEqual(done, ["after it"]);
});
