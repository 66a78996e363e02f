import assert from "node:assert/strict";
import {test} from "node:test";
import {teach} from "../../../assets/lab/page/teach.js";
import {visit} from "../server.js";

test("a room is opened for what is asked, and its wall gone to", async () => {
  visit("/flooding");
  const asked = [];
  globalThis.fetch = async (address, {method, body}) => {
    asked.push([address, method, JSON.parse(body)]);
    return {ok: true, status: 201, json: async () => ({room: "r1", wall: "/wall/r1"})};
  };
  const gone = [];
  await teach("/lab/rooms", {page: "flooding", query: {steps: "50"}, lang: "en"}, (address) => gone.push(address));
  assert.deepEqual(asked, [["/lab/rooms", "POST", {page: "flooding", query: {steps: "50"}, lang: "en"}]]);
  assert.deepEqual(gone, ["/wall/r1"]);
});

test("why there is none is said, and nothing gone to", async () => {
  globalThis.fetch = async () => ({ok: false, status: 409, text: async () => "You have five open rooms."});
  const gone = [];
  await assert.rejects(
    teach("/lab/rooms", {lesson: "x", lang: "en"}, (address) => gone.push(address)),
    {message: "You have five open rooms.", status: 409},
  );
  assert.deepEqual(gone, []);
});
