import assert from "node:assert/strict";
import {test} from "node:test";
import {configured, whenThere} from "../../../assets/lab/room/configured.js";
import {load, t} from "../room.js";
import {visit} from "../server.js";

test("a page begins where it is configured, with its words and its place", () => {
  let begun = 0;
  visit();
  whenThere(() => (begun += 1));
  assert.equal(begun, 0);
  load({room: "r2"});
  whenThere(() => (begun += 1));
  assert.equal(begun, 1);
  const {config, t: words, main} = configured();
  assert.deepEqual([config.room, main.tagName], ["r2", "MAIN"]);
  assert.equal(words("room.alias", {alias: "Red Fox"}), t("room.alias", {alias: "Red Fox"}));
});
