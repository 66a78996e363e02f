import assert from "node:assert/strict";
import {test} from "node:test";
import {PLAIN} from "../../../assets/lab/library/filters.js";
import {Refused, Server} from "../../../assets/lab/library/server.js";
import {visit} from "../server.js";

const asked = [];
let answer = () => null;

function serving(status, body, tag = null) {
  answer = () => ({
    status,
    ok: status < 300,
    headers: {get: (name) => (name === "etag" ? tag : null)},
    json: async () => body,
    text: async () => body,
  });
}

function made() {
  visit();
  asked.length = 0;
  globalThis.fetch = async (address, options) => {
    asked.push({address, ...options});
    return answer();
  };
  return new Server("/path", "en");
}

test("a page is asked for with the tab's secret, and is not read again while it is the same", async () => {
  const server = made();
  serving(200, {total: 1}, '"one"');
  assert.deepEqual(await server.page(PLAIN, 0, 50), {total: 1});
  assert.equal(asked[0].address, "/path?start=0&count=50&lang=en");
  assert.match(asked[0].headers["x-lab-secret"], /^[\w-]{32}$/);
  assert.equal(asked[0].headers["if-none-match"], undefined);
  serving(304, "");
  assert.equal(await server.page(PLAIN, 0, 50), null);
  assert.equal(asked[1].headers["if-none-match"], '"one"');
  assert.equal(asked[1].headers["x-lab-secret"], asked[0].headers["x-lab-secret"]);
  serving(200, {total: 2}, '"two"');
  assert.deepEqual(await server.page(PLAIN, 50, 50), {total: 2}); // another part is another list
  assert.equal(asked[2].headers["if-none-match"], undefined);
  server.forget();
  await server.page(PLAIN, 50, 50);
  assert.equal(asked[3].headers["if-none-match"], undefined);
});

test("a change is told as JSON, and the list is new after it", async () => {
  const server = made();
  serving(200, {}, '"one"');
  await server.page(PLAIN, 0, 50);
  serving(204, null);
  await server.change(["a", "b"], {deleted: true});
  const {address, method, body, headers} = asked[1];
  assert.deepEqual([address, method, JSON.parse(body)], ["/path", "PATCH", {ids: ["a", "b"], deleted: true}]);
  assert.equal(headers["content-type"], "application/json");
  serving(200, {}, '"one"');
  await server.page(PLAIN, 0, 50);
  assert.equal(asked[2].headers["if-none-match"], undefined);
});

test("what is refused comes with its sentence, nobody's answer with none", async () => {
  const server = made();
  serving(503, "The disk is full.");
  const told = (message) => (error) => error instanceof Refused && error.message === message;
  await assert.rejects(server.change(["a"], {name: "x"}), told("The disk is full."));
  answer = () => {
    throw new TypeError("no network");
  };
  await assert.rejects(server.page(PLAIN, 0, 50), told(""));
});
