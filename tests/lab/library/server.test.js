import assert from "node:assert/strict";
import {test} from "node:test";
import {PLAIN} from "../../../assets/lab/library/filters.js";
import {Server} from "../../../assets/lab/library/server.js";
import {Refused} from "../../../assets/lab/page/asking.js";
import {encode, visit} from "../server.js";

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
  assert.deepEqual(await server.page(PLAIN, 0, 50), {total: 1});
  assert.equal(asked[1].headers["if-none-match"], '"one"');
  assert.equal(asked[1].headers["x-lab-secret"], asked[0].headers["x-lab-secret"]);
  serving(200, {total: 2}, '"two"');
  assert.deepEqual(await server.page(PLAIN, 50, 50), {total: 2}); // another part is another list
  assert.equal(asked[2].headers["if-none-match"], undefined);
});

test("an answer that did not arrive whole is asked for again", async () => {
  const server = made();
  serving(200, {total: 1}, '"one"');
  const whole = answer();
  answer = () => ({...whole, json: async () => Promise.reject(new TypeError("network error"))});
  await assert.rejects(server.page(PLAIN, 0, 50), TypeError);
  answer = () => whole;
  assert.deepEqual(await server.page(PLAIN, 0, 50), {total: 1});
  assert.equal(asked[1].headers["if-none-match"], undefined);
});

test("runs beside each other come as a frame, and not again while they are the same", async () => {
  const server = made();
  serving(200, {}, '"one"');
  const told = answer();
  const array = {run: 1, group: "row", arm: 0, name: "step", values: [1, 2]};
  answer = () => ({...told, arrayBuffer: async () => encode({runs: ["x"]}, [array])});
  const {header, arrays} = await server.compared(["a", "b"]);
  assert.deepEqual([asked[0].address, header.runs], ["/path?compare=a,b&lang=en", ["x"]]);
  assert.deepEqual([arrays[0].run, [...arrays[0].values]], [1, [1, 2]]);
  serving(304, "");
  assert.equal((await server.compared(["a", "b"])).header, header);
  assert.equal(asked[1].headers["if-none-match"], '"one"');
});

test("a change is told as JSON", async () => {
  const server = made();
  serving(204, null);
  await server.change(["a", "b"], {deleted: true});
  const {address, method, body, headers} = asked[0];
  assert.deepEqual([address, method, JSON.parse(body)], ["/path", "PATCH", {ids: ["a", "b"], deleted: true}]);
  assert.equal(headers["content-type"], "application/json");
});

test("what is refused comes with its sentence, what is not the lab's answer with none", async () => {
  const server = made();
  serving(503, "The disk is full.");
  const told = (message, status) => (error) =>
    error instanceof Refused && error.message === message && error.status === status && !error.isForGood;
  await assert.rejects(server.change(["a"], {name: "x"}), told("The disk is full.", 503));
  serving(502, " <html><h1>Bad gateway</h1>");
  await assert.rejects(server.page(PLAIN, 0, 50), told("", 502));
  serving(400, "Not so.");
  await assert.rejects(server.page(PLAIN, 0, 50), ({isForGood}) => isForGood);
  answer = () => {
    throw new TypeError("no network");
  };
  await assert.rejects(server.page(PLAIN, 0, 50), told("", 0));
});
