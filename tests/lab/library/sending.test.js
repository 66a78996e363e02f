import assert from "node:assert/strict";
import {test} from "node:test";
import {send} from "../../../assets/lab/library/sending.js";
import {visit} from "../server.js";

class Request {
  static last = null;
  headers = {};
  upload = {};
  status = 0;
  responseText = "";

  constructor() {
    Request.last = this;
  }

  open(...asked) {
    this.asked = asked;
  }

  setRequestHeader(name, value) {
    this.headers[name] = value;
  }

  send(content) {
    this.content = content;
  }
}

test("a file goes as it is, with the tab's secret, and it is told how much has gone", async () => {
  visit();
  globalThis.XMLHttpRequest = /** @type {any} */ (Request);
  const [content, shares] = [new Blob(["run"]), []];
  const sent = send("/archive?name=a", content, (share) => shares.push(share));
  const {last} = Request;
  assert.deepEqual([last.asked, last.content], [["POST", "/archive?name=a"], content]);
  assert.match(last.headers["x-lab-secret"], /^[\w-]{32}$/);
  assert.equal(last.headers["content-type"], "application/octet-stream");
  last.upload.onprogress({loaded: 1, total: 4});
  last.upload.onprogress({loaded: 0, total: 0});
  Object.assign(last, {status: 400, responseText: "no run"});
  last.onloadend();
  assert.deepEqual([await sent, shares], [{status: 400, text: "no run"}, [0.25, 1]]);
});

test("where nobody answers the status is none", async () => {
  visit();
  globalThis.XMLHttpRequest = /** @type {any} */ (Request);
  const sent = send("/archive", new Blob([]), () => {});
  Request.last.onloadend();
  assert.equal((await sent).status, 0);
});
