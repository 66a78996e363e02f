import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {AddressBar, spoken} from "../../../assets/lab/page/address_bar.js";
import {pass, visit} from "../server.js";

let level = 0; // what the address is to say
let tab;
let bar;
beforeEach(() => {
  level = 0;
  tab = visit("/trick?level=9");
  bar = new AddressBar((others) => `?${new URLSearchParams({...others, level: String(level)})}`);
});

test("while a knob is dragged the address is written every 300 ms, as it then stands", async () => {
  for (level of [1, 2]) bar.soon();
  await pass(299);
  assert.deepEqual(tab.written, []);
  level = 3;
  bar.soon();
  await pass(1);
  assert.deepEqual(tab.written, ["?level=3"]);
  level = 4;
  bar.soon();
  await pass(300);
  assert.deepEqual(tab.written, ["?level=3", "?level=4"]);
  await pass(1000);
  assert.equal(tab.written.length, 2);
});

test("what is written at once is not written again in a moment", async () => {
  bar.soon();
  level = 5;
  bar.write();
  assert.deepEqual(tab.written, ["?level=5"]);
  level = 6;
  await pass(300);
  assert.equal(tab.written.length, 1);
  bar.soon();
  bar.stop();
  await pass(300);
  assert.equal(tab.written.length, 1);
});

test("an address that says it already is left alone", () => {
  level = 9;
  bar.write();
  assert.deepEqual(tab.written, []);
});

test("Streamlit's own parameters stay, and so do the path, the place in it and what the history knows", () => {
  tab = visit("/app/trick?embed=true&seed=3&embed_options=dark_theme&level=9#below");
  history.state = {page: 1};
  bar.write();
  assert.equal(location.href, "http://lab.test/app/trick?embed=true&embed_options=dark_theme&level=0#below");
  assert.deepEqual(history.state, {page: 1});
});

test("the language is a parameter where the address says it", () => {
  visit("/library?lang=zh&x=1");
  assert.deepEqual(spoken(), {lang: "zh"});
  visit("/library");
  assert.deepEqual(spoken(), {});
});
