import assert from "node:assert/strict";
import {test} from "node:test";
import {ImportBox} from "../../../assets/lab/library/import_box.js";
import "../dom.js";
import {pass, visit} from "../server.js";

const LABELS = {
  "library.import.here": "{run}: here already",
  "library.import.new": "{run}: imported",
  "library.import.large": "{name} must be at most {most} MiB, it has {size}.",
  "library.import.going": "{done} of {total} files",
  "library.import.summary": "{fresh} imported, {here} here already, {refused} refused.",
  "library.import.unreached": "{name} did not arrive",
};
const t = (key, values = {}) =>
  Object.entries(values).reduce((text, [name, value]) => text.replace(`{${name}}`, value), LABELS[key] ?? key);

/** A box whose server answers each file by its name. */
function opened(answers = {}, config = {}) {
  visit();
  const [asked, waiting] = [[], []];
  globalThis.XMLHttpRequest = /** @type {any} */ (
    class {
      upload = {};
      open(_, address) {
        this.name = new URL(address, "http://lab.test").searchParams.get("name");
        asked.push(address);
      }
      setRequestHeader() {}
      send() {
        const [status, body] = answers[this.name] ?? [200, {new: true, card: card(this.name)}];
        const end = () => {
          Object.assign(this, {status, responseText: typeof body === "string" ? body : JSON.stringify(body)});
          this.onloadend();
        };
        if (config.isHeld) waiting.push({request: this, end});
        else end();
      }
    }
  );
  let come = 0;
  const told = {archive: "/archive", language: "en", max_file: 100, ...config};
  const box = new ImportBox(/** @type {any} */ (t), /** @type {any} */ (told), () => {
    come += 1;
  });
  const root = document.createElement("div");
  root.append(box.button, box.element);
  document.body.append(root);
  const rows = () => [...box.outcomes.children].map((row) => /** @type {any} */ (row).textContent);
  return {box, root, asked, waiting, rows, come: () => come};
}

const card = (name, more = {}) => ({kind: "run", name, deleted: null, open: `/page?run=${name}`, ...more});
const file = (name, size = 3) => new File(["x".repeat(size)], name);

function drag(element, kind, files = [], more = {}) {
  const event = new /** @type {any} */ (document.defaultView).Event(kind, {bubbles: true, cancelable: true});
  Object.assign(event, {dataTransfer: {types: files ? ["Files"] : ["text/plain"], files}, ...more});
  element.dispatchEvent(event);
  return event;
}

test("each file is sent by its name, and it is said what became of it", async () => {
  const {box, asked, rows, come} = opened({
    "b.csv": [200, {new: false, card: card("run b")}],
    "c.zip": [200, {new: false, card: card("run c", {deleted: 7})}],
    "d.json": [400, "d.json: <b>no</b> run"],
    "e.csv": [0, ""],
  });
  await box.take(["a.zip", "b.csv", "c.zip", "d.json", "e.csv"].map((name) => file(name)));
  assert.equal(asked[0], "/archive?name=a.zip&lang=en");
  assert.deepEqual(rows(), [
    "a.zip: imported",
    "run b: here already",
    "library.import.binned",
    "d.json: <b>no</b> run",
    "e.csv did not arrive",
  ]);
  const links = [...box.outcomes.querySelectorAll("a")].map((link) => link.getAttribute("href"));
  assert.deepEqual(links, ["/page?run=a.zip", "/page?run=run b"]); // what is in the bin does not open
  assert.equal(box.status.textContent, "1 imported, 2 here already, 2 refused.");
  assert.equal(come(), 1);
});

test("a file that is too large is not sent", async () => {
  const {box, asked, rows} = opened({}, {max_file: 2 ** 20});
  await box.take([file("a.csv", 3 * 2 ** 20)]);
  assert.deepEqual([asked, rows()], [[], ["a.csv must be at most 1 MiB, it has 3 MiB."]]);
});

test("what cannot be read, as a folder cannot, is said, and what comes after it is sent", async () => {
  const {box, asked, rows} = opened();
  const broken = {name: "folder", size: 50, slice: () => ({arrayBuffer: () => Promise.reject(new Error("no"))})};
  await box.take([/** @type {any} */ (broken), file("b.csv")]);
  assert.deepEqual([rows(), asked.length], [["library.import.unread", "b.csv: imported"], 1]);
  await box.take([/** @type {any} */ ({...broken, size: 1e9})]);
  assert.equal(rows()[2], "library.import.parcel");
});

test("how far it is is shown, and files that come meanwhile wait their turn", async () => {
  const {box, waiting, rows, come} = opened({}, {isHeld: true});
  box.take([file("a.csv")]);
  await pass();
  box.take([file("b.csv")]);
  await pass();
  assert.equal(waiting.length, 1);
  assert.equal(box.status.textContent, "0 of 1 files");
  const bar = /** @type {any} */ (box.outcomes.querySelector("progress"));
  assert.equal(bar.getAttribute("aria-label"), "a.csv");
  waiting[0].request.upload.onprogress({loaded: 1, total: 2});
  assert.equal(bar.value, 0.5);
  waiting[0].request.upload.onprogress({loaded: 2, total: 2});
  assert.equal(bar.hasAttribute("value"), false);
  waiting[0].end();
  await pass();
  assert.equal(box.status.textContent, "1 of 2 files");
  waiting[1].end();
  await pass();
  assert.deepEqual([rows(), come()], [["a.csv: imported", "b.csv: imported"], 1]);
});

test("of many only the last are listed, and all that were refused", async () => {
  const {box, rows} = opened({"0.csv": [400, "refused"]});
  await box.take(Array.from({length: 60}, (_, i) => file(`${i}.csv`)));
  assert.equal(rows().length, 51);
  assert.deepEqual([rows()[0], rows()[1]], ["refused", "10.csv: imported"]);
});

test("it is opened and closed by its button, and by what is dragged over the page", async () => {
  const {box, root, rows} = opened();
  assert.ok(box.element.hidden);
  box.button.click();
  assert.deepEqual([box.element.hidden, box.button.getAttribute("aria-expanded")], [false, "true"]);
  assert.equal(document.activeElement, box.choose);
  /** @type {any} */ (box.element.querySelector('[data-action="import-close"]')).click();
  assert.ok(box.element.hidden);
  assert.equal(document.activeElement, box.button);
  box.listen(root);
  assert.ok(!drag(root, "dragover", null).defaultPrevented); // a text
  assert.ok(!drag(root, "drop", null).defaultPrevented);
  assert.ok(box.element.hidden);
  assert.ok(drag(root, "dragover").defaultPrevented);
  assert.deepEqual([box.element.hidden, box.element.hasAttribute("data-over")], [false, true]);
  drag(root, "dragleave", [], {relatedTarget: box.button});
  assert.ok(box.element.hasAttribute("data-over"));
  drag(root, "dragleave", [], {relatedTarget: null});
  assert.ok(!box.element.hasAttribute("data-over"));
  assert.ok(drag(root, "drop", [file("a.csv")]).defaultPrevented);
  await pass();
  assert.deepEqual(rows(), ["a.csv: imported"]);
});

test("files are chosen, and the same ones may be chosen again", async () => {
  const {box, rows} = opened();
  let clicked = 0;
  box.input.addEventListener("click", () => {
    clicked += 1;
  });
  box.choose.click();
  Object.defineProperty(box.input, "files", {value: [file("a.csv")], configurable: true});
  box.input.dispatchEvent(new /** @type {any} */ (document.defaultView).Event("change"));
  await pass();
  assert.deepEqual([clicked, rows()], [1, ["a.csv: imported"]]);
  assert.equal(box.input.getAttribute("accept"), ".zip,.csv,.json");
});

test("a page that is left sends no more", async () => {
  const {box, asked} = opened();
  box.destroy();
  await box.take([file("a.csv")]);
  assert.deepEqual(asked, []);
});
