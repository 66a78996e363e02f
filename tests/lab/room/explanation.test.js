import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {Explanation} from "../../../assets/lab/room/explanation.js";
import {seen, t} from "../room.js";
import {visit} from "../server.js";

let explanation;

beforeEach(() => {
  visit();
  explanation = new Explanation(t);
  document.body.append(explanation.element);
});

test("before it is told there is none, and again after", () => {
  assert.ok(explanation.element.hidden);
  explanation.draw({explain: "<p>So.</p>", misread: "<p>Not so.</p>"});
  assert.equal(seen(explanation.element), "So. <room.misread> Not so.");
  explanation.draw({});
  assert.ok(explanation.element.hidden);
  assert.equal(explanation.text.textContent, "");
});

test("where nothing is often misread, nothing is said of that", () => {
  explanation.draw({explain: "<p>So.</p>", misread: ""});
  assert.equal(seen(explanation.element), "So.");
  explanation.draw({explain: "", misread: "<p>Not so.</p>"});
  assert.match(seen(explanation.element), /<room.misread> Not so.$/);
});

test("it is not built anew while it is read", () => {
  explanation.draw({explain: "<p>So.</p>"});
  const part = explanation.element.querySelector("p");
  explanation.draw({explain: "<p>So.</p>"});
  assert.ok(part.isConnected);
});
