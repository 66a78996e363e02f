import assert from "node:assert/strict";
import {test} from "node:test";
import {ShareBox, ShareTool} from "../../../assets/lab/page/share_box.js";
import {outline} from "../dom.js";
import {t} from "../lab.js";
import {pass, visit} from "../server.js";

const SECRET = "k".repeat(32);

/** A box on the page, whose server a test plays: it has so many links to each run. */
function boxOf(links = 0) {
  visit("/trick");
  const server = {links, asked: [], refuses: "", late: null};
  globalThis.fetch = /** @type {any} */ (
    async (address, {method}) => {
      server.asked.push(`${method} ${address}`);
      if (server.late) await server.late;
      if (server.refuses) return {status: 503, ok: false, text: async () => server.refuses};
      server.links = {GET: server.links, POST: server.links + 1, DELETE: 0}[method];
      const made = method === "POST" ? {address: `/trick?run=r1.${SECRET}`} : {};
      return {status: 200, ok: true, json: async () => ({links: server.links, shown: server.shown, ...made})};
    }
  );
  const told = [];
  const config = /** @type {any} */ ({share: "/share", language: "en"});
  const box = new ShareBox(t, config, (run, count) => told.push([run, count]));
  document.body.append(box.element);
  const press = async (action) => {
    /** @type {any} */ (box.element.querySelector(`[data-action=${action}]`)).click();
    await pass();
  };
  const seen = () => [box.count.textContent, box.link.value, box.made.hidden, box.revoke.hidden, box.make.textContent];
  return {box, server, told, press, seen};
}

const LINK = `http://lab.test/trick?run=r1.${SECRET}`;

test("it says how a run is shared, makes a link that is shown once, and revokes all", async () => {
  const {box, server, told, press, seen} = boxOf();
  await box.open("r1");
  assert.ok(box.element.open);
  assert.deepEqual(seen(), ["lab.share.count.none", "", true, true, "lab.share.make"]);
  await press("make-link");
  assert.deepEqual(seen(), ["lab.share.count.one", LINK, false, false, "lab.share.make.another"]);
  assert.ok(document.activeElement === box.link);
  await press("make-link");
  assert.equal(box.count.textContent, "lab.share.count 2");
  await box.open("r1");
  assert.deepEqual(seen(), ["lab.share.count 2", "", true, false, "lab.share.make.another"]);
  await press("revoke");
  assert.deepEqual(seen(), ["lab.share.count.none", "", true, true, "lab.share.make"]);
  assert.deepEqual(told.slice(1), [
    ["r1", 1],
    ["r1", 2],
    ["r1", 2],
    ["r1", 0],
  ]);
  assert.equal(server.asked[1], "POST /share?id=r1&lang=en");
  server.shown = true;
  await box.open("r1");
  assert.equal(box.count.textContent, "lab.share.count.none lab.share.shown");
  await press("close");
  assert.equal(box.element.open, false);
});

test("what cannot be is said, and what was so stays", async () => {
  const {box, server, told, press, seen} = boxOf(1);
  await box.open("r1");
  server.refuses = "The disk is full.";
  await press("revoke");
  assert.deepEqual(seen(), ["The disk is full.", "", true, false, "lab.share.make.another"]);
  server.refuses = "";
  globalThis.fetch = async () => {
    throw new TypeError("no network");
  };
  await press("make-link");
  assert.deepEqual([box.count.textContent, told.length], ["lab.share.unreached", 1]);
});

test("an answer that is of the run before shows nothing", async () => {
  const {box, server, told} = boxOf(3);
  let answer;
  server.late = new Promise((resolve) => {
    answer = resolve;
  });
  const first = box.open("r1");
  box.element.close();
  const second = box.open("r2");
  answer();
  await Promise.all([first, second]);
  assert.deepEqual(told, [["r2", 3]]);
});

test("what is pressed before the first answer is there comes after it", async () => {
  const {box, server, press, seen} = boxOf();
  let answer;
  server.late = new Promise((resolve) => {
    answer = resolve;
  });
  const opened = box.open("r1");
  await pass();
  await press("make-link");
  assert.deepEqual(server.asked, ["GET /share?id=r1&lang=en"]);
  server.late = null;
  answer();
  await opened;
  await pass();
  assert.equal(server.asked[1], "POST /share?id=r1&lang=en");
  assert.deepEqual(seen(), ["lab.share.count.one", LINK, false, false, "lab.share.make.another"]);
});

test("it has a name, and its field one", () => {
  const {box} = boxOf();
  const [first, ...rest] = outline(box.element).split("\n");
  assert.equal(first, "dialog class=lab-dialog aria-label=lab.share.title");
  assert.ok(rest.some((line) => line.includes("aria-label=lab.share.link")));
});

test("a page's button opens it for what the page watches, where that is the visitor's own", async () => {
  const {server} = boxOf(1);
  const page = /** @type {any} */ ({t, config: {share: "/share", language: "en"}, watched: "s1", role: "steer"});
  const tool = new ShareTool(page);
  document.body.append(tool.box.element);
  tool.element.click();
  await pass();
  assert.deepEqual([server.asked.at(-1), tool.box.element.open], ["GET /share?id=s1&lang=en", true]);
  const hidden = ["steer", "watch", "visit"].map((role) => {
    page.role = role;
    tool.refresh();
    return tool.element.hidden;
  });
  assert.deepEqual(hidden, [false, false, true]);
});
