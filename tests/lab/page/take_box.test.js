import assert from "node:assert/strict";
import {test} from "node:test";
import {TakeBox} from "../../../assets/lab/page/take_box.js";
import {t} from "../lab.js";
import {pass, visit} from "../server.js";

const MANY = ["csv", "sheet", "comma", "parquet", "tensorboard", "svg", "pdf", "png"];
const FORMS = {...Object.fromEntries(MANY.map((form) => [form, 100])), script: 1, json: 1, archive: 1, bundle: 1};

/** A box on the page, whose server a test plays: it gives each file, or refuses it. */
function boxOf() {
  visit("/trick");
  const server = {asked: [], refuses: "", late: null};
  globalThis.fetch = /** @type {any} */ (
    async (address) => {
      server.asked.push(address);
      if (server.late) await server.late;
      if (server.refuses) return {status: 400, ok: false, text: async () => server.refuses};
      const headers = new Headers({"content-disposition": 'attachment; filename="flooding-r1.bundle.zip"'});
      return {status: 200, ok: true, headers, blob: async () => new Blob(["x"])};
    }
  );
  const saved = [];
  Object.assign(URL, {createObjectURL: () => "blob:1", revokeObjectURL: (href) => saved.push(href)});
  const box = new TakeBox(t, FORMS);
  document.body.append(box.element);
  const link = (form) => /** @type {any} */ (box.element.querySelector(`[data-form=${form}]`));
  /** Clicks on a form; whether the browser is left to take it by itself. */
  const click = async (form) => {
    let left = false;
    const watch = (event) => {
      left = !event.defaultPrevented;
      event.preventDefault();
    };
    box.element.addEventListener("click", watch, {once: true});
    link(form).click();
    await pass();
    return left;
  };
  const offered = () => box.links.filter((one) => !one.closest("li").hidden).map(({dataset}) => dataset.form);
  return {box, server, saved, link, click, offered, said: () => box.status.textContent};
}

test("of one run each form is offered at its address, and what there always is the browser takes itself", async () => {
  const {box, server, link, click, offered} = boxOf();
  box.open(1, (form) => `/export/r1.${form}`);
  assert.ok(box.element.open);
  assert.equal(box.title.textContent, "lab.take.title");
  assert.deepEqual(offered().toSorted(), Object.keys(FORMS).toSorted());
  assert.equal(link("parquet").getAttribute("href"), "/export/r1.parquet");
  assert.deepEqual([await click("csv"), await click("json"), server.asked.length], [true, true, 0]);
});

test("what there may be none of is asked for, handed over by its name, or refused in the lab's words", async () => {
  const {box, server, saved, click, said} = boxOf();
  box.open(1, (form) => `/export/r1.${form}`);
  assert.equal(await click("bundle"), false);
  assert.deepEqual(server.asked, ["/export/r1.bundle"]);
  assert.equal(said(), "lab.take.done flooding-r1.bundle.zip");
  await pass();
  assert.deepEqual(saved, ["blob:1"]);
  server.refuses = "there is no script of it";
  await click("script");
  assert.equal(said(), "there is no script of it");
  globalThis.fetch = async () => {
    throw new TypeError("no network");
  };
  await click("svg");
  assert.equal(said(), "lab.take.unreached");
  box.open(1, (form) => `/export/r2.${form}`);
  assert.equal(said(), "");
});

test("of several runs only what takes several in is offered, and all of it is asked for", async () => {
  const {box, server, click, offered} = boxOf();
  box.open(3, (form) => `/archive?ids=a,b,c&form=${form}`);
  assert.equal(box.title.textContent, "lab.take.title.many 3");
  assert.deepEqual(offered().toSorted(), MANY.toSorted());
  assert.deepEqual(
    [...box.element.querySelectorAll("section")].map(({hidden}) => hidden),
    [false, false, true],
  );
  assert.equal(await click("csv"), false);
  assert.deepEqual(server.asked, ["/archive?ids=a,b,c&form=csv"]);
  box.open(101, String);
  assert.deepEqual([offered(), box.status.textContent], [[], "lab.take.most 100"]);
});

test("what was asked for before says nothing of what was asked for last", async () => {
  const {box, server, click, said} = boxOf();
  box.open(1, String);
  let answer;
  server.late = new Promise((resolve) => {
    answer = resolve;
  });
  await click("svg");
  server.late = null;
  server.refuses = "no";
  await click("pdf");
  assert.equal(said(), "no");
  answer();
  await pass();
  assert.equal(said(), "no");
  const asked = click("svg");
  box.open(1, String); // for another run
  await asked;
  await pass();
  assert.equal(said(), "");
});
