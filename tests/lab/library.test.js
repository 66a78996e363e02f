import assert from "node:assert/strict";
import {test} from "node:test";
import {mount} from "../../assets/lab/library.js";
import {happen, press, turnTheme} from "./dom.js";
import {hide, pass, visit} from "./server.js";

const CARD = {
  kind: "run",
  name: "",
  note: "",
  pinned: false,
  state: "finished",
  deleted: null,
  seconds: 12,
  trick: "Trick",
  task: "task",
  differs: "",
  seed: 100,
  steps: 50,
  done: 50,
  total: 50,
  judged: "loss",
  result: 0.25,
  baseline: 0.5,
  curve: [],
  open: "/trick",
  again: "/trick",
  exports: {},
  links: 0,
};
const LABELS = {
  "library.marked": "{count} marked",
  "library.deleted": "Deleted {run}.",
  "library.deleted.many": "Deleted {count}.",
  "library.restored": "Restored {run}.",
  "library.subject": "{trick} on {task}",
  "library.count": "{total} kept",
  "library.fresh": "{count} new",
};

/** A library whose server a test plays: `kept` are the ids that it has, newest first. */
function opened(ids, {path = "/library", off = false} = {}) {
  const tab = visit(path);
  const server = {
    kept: ids.map((id, i) => ({...CARD, id, created: ids.length - i})),
    bin: [],
    asked: [],
    told: [],
    off,
  };
  server.fails = null;
  let views;
  globalThis.IntersectionObserver = class {
    constructor(seen) {
      views = seen;
    }
    observe() {
      if (server.isAtEnd) queueMicrotask(() => views([{isIntersecting: true}]));
    }
    unobserve() {}
    disconnect() {}
  };
  const page = (params) => {
    const cards = params.get("bin") ? server.bin : server.kept;
    const [start, count] = ["start", "count"].map((name) => Number(params.get(name)));
    const rest = {total: cards.length, binned: server.bin.length, tricks: [], tasks: []};
    return {kept: true, cards: cards.slice(start, start + count), ...rest};
  };
  const change = ({ids: changed, deleted, ...what}) => {
    const all = [...server.kept, ...server.bin].map((card) => (changed.includes(card.id) ? {...card, ...what} : card));
    if (deleted === undefined) server.kept = all.filter(({id}) => server.kept.some((card) => card.id === id));
    else {
      const isBinned = ({id}) => (changed.includes(id) ? deleted : server.bin.some((card) => card.id === id));
      server.bin = all.filter(isBinned).map((card) => ({...card, deleted: 1}));
      server.kept = all.filter((card) => !isBinned(card)).sort((one, other) => other.created - one.created);
    }
  };
  const answer = (status, body) => ({
    status,
    ok: status < 300,
    headers: {get: () => JSON.stringify(body)},
    json: async () => {
      await server.unread;
      return body;
    },
    text: async () => body,
  });
  globalThis.fetch = async (address, {method, body, headers}) => {
    if (server.fails) throw new TypeError(server.fails);
    if (server.refuses) return answer(503, server.refuses);
    if (method === "PATCH") {
      server.told.push(JSON.parse(body));
      change(JSON.parse(body));
      return answer(204, null);
    }
    const params = new URL(address, "http://lab.test").searchParams;
    server.asked.push(Object.fromEntries(params));
    if (server.late) await server.late;
    const found = server.off ? {kept: false, why: "Nothing is kept."} : page(params);
    return headers["if-none-match"] === JSON.stringify(found) ? answer(304, "") : answer(200, found);
  };
  const parent = document.createElement("div");
  document.body.append(parent);
  const told = {library: "/l", archive: "/a", max_file: 2 ** 20, compared: [2, 8], forms: {parquet: 100}};
  const mounted = mount(parent, /** @type {any} */ ({language: "en", ...told, labels: LABELS}));
  const find = (selector) => /** @type {any} */ (parent.querySelector(selector));
  const action = (name) => find(`[data-action="${name}"]`);
  const rows = () =>
    [...parent.querySelectorAll("[data-run]")].map((row) => /** @type {any} */ (row).dataset.run).join("");
  const control = (id, name) => find(`[data-run="${id}"] [data-action="${name}"]`);
  const count = () => find(".library-count").textContent;
  const line = () => find(".library-line").textContent;
  return {
    tab,
    server,
    mounted,
    parent,
    find,
    action,
    rows,
    control,
    count,
    line,
    scroll: () => views([{isIntersecting: true}]),
  };
}

test("it shows what there is, and follows it every few seconds while it is looked at", async () => {
  const {server, rows, count, mounted, find} = opened(["b", "a"]);
  assert.equal(count(), "library.asking");
  await pass();
  assert.deepEqual([rows(), count(), find(".library-empty:not([data-off])").hidden], ["ba", "2 kept", true]);
  server.kept.unshift({...CARD, id: "c", created: 9});
  await pass(4000);
  assert.deepEqual([rows(), server.asked.length], ["cba", 2]);
  hide(true);
  await pass(60_000);
  assert.equal(server.asked.length, 2);
  hide(false);
  happen(document, "visibilitychange");
  await pass();
  assert.equal(server.asked.length, 3);
  mounted.destroy();
  await pass(60_000);
  assert.deepEqual([server.asked.length, document.querySelector(".library")], [3, null]);
});

test("it follows the more rarely the longer an answer takes", async () => {
  const {server, find, mounted} = opened(["a"]);
  await pass();
  let answered;
  server.late = new Promise((resolve) => {
    answered = resolve;
  });
  find("[data-bin='1']").click();
  await pass(1000);
  answered();
  await pass();
  await pass(19_000);
  assert.equal(server.asked.length, 2);
  await pass(1000);
  assert.equal(server.asked.length, 3);
  mounted.destroy();
});

test("where there is nothing it says what will be there", async () => {
  const {find, count, mounted} = opened([]);
  await pass();
  assert.deepEqual([find(".library-empty:not([data-off])").textContent, count()], ["library.empty", "0 kept"]);
  assert.ok(find("table").hidden);
  find("[data-bin='1']").click();
  await pass();
  assert.equal(find(".library-empty:not([data-off])").textContent, "library.bin.empty");
  find("[data-filter=longer]").value = "60";
  happen(find("[data-filter=longer]"), "change");
  await pass();
  assert.equal(find(".library-empty:not([data-off])").textContent, "library.none");
  mounted.destroy();
});

test("its curves have the theme's colors, also when it turns", async () => {
  const {find, mounted} = opened(["a"]);
  const sentinel = find(".lab-sentinel");
  const {style} = find(".library");
  const seen = () => ["color-scheme", "--library-arm-0", "--library-arm-1"].map((name) => style.getPropertyValue(name));
  assert.deepEqual(seen(), ["light", "#6f7378", "rgb(0,114,178)"]);
  const dark = {"--lab-text-color": "#ffffff", "--lab-ground": "#000000"};
  turnTheme({sentinel}, {...dark, "--st-primary-color": "#ffff00"});
  assert.deepEqual(seen(), ["dark", "#a3a6ab", "rgb(255,255,0)"]);
  mounted.destroy();
  turnTheme({sentinel}, {});
  assert.equal(seen()[0], "dark"); // it looks no more
});

test("where nothing is kept it says why, and asks no more", async () => {
  const {server, find, mounted} = opened([], {off: true});
  await pass();
  assert.deepEqual([find("[data-off]").textContent, find(".library-body").hidden], ["Nothing is kept.", true]);
  await pass(60_000);
  assert.equal(server.asked.length, 1);
  mounted.destroy();
});

test("the address says what is shown, and what it said is shown", async () => {
  const {tab, server, find, mounted} = opened(["a"], {path: "/library?words=wide&sort=name&lang=zh&embed=true"});
  await pass();
  assert.deepEqual([server.asked[0].words, server.asked[0].sort, server.asked[0].down], ["wide", "name", "0"]);
  find("[data-sort=seconds]").click();
  await pass(300);
  const {words, sort} = server.asked[1];
  assert.deepEqual([words, sort], ["wide", "seconds"]);
  assert.equal(tab.location.search, "?embed=true&lang=zh&words=wide&sort=seconds");
  mounted.destroy();
});

test("an answer that is overtaken counts no more", async () => {
  const {server, find, rows, mounted} = opened(["a"]);
  let answered;
  server.late = new Promise((resolve) => {
    answered = resolve;
  });
  server.bin = [{...CARD, id: "z", created: 1, deleted: 1}];
  find("[data-bin='1']").click();
  server.late = null;
  find("[data-bin='0']").click();
  await pass();
  answered();
  await pass();
  await pass();
  assert.equal(rows(), "a");
  mounted.destroy();
});

test("a list that was under way while a row was changed does not undo it", async () => {
  const {server, control, find, mounted} = opened(["a"]);
  await pass();
  let read;
  server.unread = new Promise((resolve) => {
    read = resolve;
  });
  await pass(4000);
  control("a", "name").click();
  find(".library-editor").value = "mine";
  press(find(".library-editor"), "Enter");
  await pass();
  read();
  await pass();
  assert.deepEqual([server.asked.length, control("a", "open").textContent], [3, "mine"]);
  mounted.destroy();
});

test("a part of the list that comes too late is asked for again while its end is in view", async () => {
  const ids = Array.from({length: 70}, (_, i) => `r${i};`);
  const {server, rows, scroll, mounted} = opened(ids);
  await pass();
  let answered;
  server.late = new Promise((resolve) => {
    answered = resolve;
  });
  server.isAtEnd = true;
  scroll();
  await pass(4000); // the list's beginning is asked for meanwhile
  assert.deepEqual(
    server.asked.slice(1).map(({start}) => start),
    ["50", "0"],
  );
  server.late = null;
  answered();
  for (let turn = 0; turn < 5; turn += 1) await pass();
  assert.equal(rows().split(";").length - 1, 70);
  mounted.destroy();
});

test("rows are held while some are marked, and what is new is shown when asked for", async () => {
  const {server, rows, control, action, count, find, mounted} = opened(["b", "a"]);
  await pass();
  control("a", "mark").click();
  assert.deepEqual(
    [count(), action("fresh").hidden, find(".library").hasAttribute("data-held")],
    ["1 marked", true, true],
  );
  server.kept.unshift({...CARD, id: "c", created: 9}, {...CARD, id: "d", created: 8});
  await pass(4000);
  assert.deepEqual([rows(), action("fresh").hidden, action("fresh").textContent], ["ba", false, "2 new"]);
  action("fresh").click();
  assert.deepEqual([rows(), count(), action("fresh").hidden], ["cdba", "1 marked", true]);
  server.kept.unshift({...CARD, id: "e", created: 10});
  await pass(4000);
  assert.equal(rows(), "cdba");
  action("unmark").click();
  assert.deepEqual([rows(), count()], ["ecdba", "5 kept"]);
  mounted.destroy();
});

test("a run is renamed in place, and the focus comes back", async () => {
  const {server, rows, control, find, mounted} = opened(["b", "a"]);
  await pass();
  control("a", "name").click();
  const box = find(".library-editor");
  assert.ok(document.activeElement === box);
  server.kept.unshift({...CARD, id: "c", created: 9});
  await pass(4000);
  assert.equal(rows(), "ba"); // while it is written
  box.value = " mine ";
  press(box, "Enter");
  await pass();
  assert.deepEqual(server.told, [{ids: ["a"], name: "mine"}]);
  assert.equal(control("a", "open").textContent, "mine");
  assert.ok(document.activeElement === control("a", "name"));
  await pass(4000);
  assert.equal(rows(), "cba");
  control("a", "note").click();
  press(find(".library-editor"), "Escape");
  await pass();
  assert.deepEqual([server.told.length, document.activeElement === control("a", "note")], [1, true]);
  mounted.destroy();
});

test("a deleted run comes back by one press, and the focus stays near", async () => {
  const {server, rows, control, action, line, mounted, count} = opened(["c", "b", "a"]);
  await pass();
  control("b", "delete").click();
  await pass();
  assert.deepEqual([rows(), count(), server.told], ["ca", "2 kept", [{ids: ["b"], deleted: true}]]);
  assert.match(line(), /^Deleted Trick on task\./);
  assert.ok(document.activeElement === control("a", "delete"));
  action("undo").click();
  await pass();
  await pass();
  assert.deepEqual([rows(), server.told[1], line()], ["cba", {ids: ["b"], deleted: false}, ""]);
  assert.ok(document.activeElement === control("b", "delete"));
  mounted.destroy();
});

test("several are deleted at once, and brought back from the bin", async () => {
  const {server, rows, control, action, find, line, mounted} = opened(["c", "b", "a"]);
  await pass();
  for (const id of ["a", "b", "c"]) control(id, "mark").click();
  action("pin-all").click();
  await pass();
  assert.deepEqual(server.told.pop(), {ids: ["a", "b", "c"], pinned: true});
  action("move").click();
  await pass();
  assert.deepEqual([rows(), line()], ["", "Deleted 3.library.undo"]);
  assert.ok(document.activeElement === action("undo")); // no row is left
  find("[data-bin='1']").click();
  await pass();
  assert.deepEqual([rows(), action("pin-all").hidden], ["cba", true]);
  control("c", "restore").click();
  await pass();
  assert.deepEqual([rows(), line()], ["ba", "Restored Trick on task.library.undo"]);
  mounted.destroy();
});

test("what cannot be done is said, and nothing changes", async () => {
  const {server, rows, control, line, mounted} = opened(["b", "a"]);
  await pass();
  server.refuses = "The disk is full.";
  control("a", "pin").click();
  await pass();
  assert.deepEqual(
    [rows(), line(), control("a", "pin").getAttribute("aria-pressed")],
    ["ba", "The disk is full.", "false"],
  );
  server.refuses = "";
  control("a", "pin").click();
  await pass();
  assert.deepEqual([line(), control("a", "pin").getAttribute("aria-pressed")], ["", "true"]);
  server.fails = "no network";
  await pass(4000);
  assert.deepEqual([rows(), line()], ["ba", "library.unreached"]);
  server.fails = null;
  await pass(4000);
  assert.equal(line(), "");
  mounted.destroy();
});

test("more comes as one scrolls, or at a press", async () => {
  const ids = Array.from({length: 120}, (_, i) => `r${i};`);
  const {server, rows, action, scroll, mounted} = opened(ids);
  await pass();
  const shown = () => rows().split(";").length - 1;
  assert.deepEqual([shown(), action("more").hidden], [50, false]);
  scroll();
  scroll(); // while it is under way
  await pass();
  assert.deepEqual([shown(), server.asked.at(-1).start, server.asked.length], [100, "50", 2]);
  action("more").click();
  await pass();
  assert.deepEqual([shown(), action("more").hidden], [120, true]);
  scroll();
  await pass(4000);
  assert.deepEqual([shown(), server.asked.at(-1).count], [120, "120"]);
  mounted.destroy();
});

test("two to eight marked runs are compared, at an address of their own; why others are not is said", async () => {
  const {server, find, action, control, mounted} = opened(["c", "b", "a"], {path: "/library?lang=en"});
  server.kept[0].kind = "study";
  await pass();
  const mark = (id) => control(id, "mark").click();
  const link = () => ["href", "title", "aria-disabled"].map((name) => action("compare").getAttribute(name));
  mark("b");
  assert.deepEqual(link(), [null, "library.compare.count", "true"]);
  mark("a");
  assert.deepEqual(link(), ["?compare=b,a&lang=en", null, null]);
  mark("c");
  assert.deepEqual(link(), [null, "library.compare.seeds", "true"]);
  mark("c");
  find("[data-bin='1']").click();
  await pass();
  assert.equal(action("compare").hidden, true);
  mounted.destroy();
});

test("how a run is shared is shown in its row, and a library is moved in a box of its own", async () => {
  const {server, action, control, find, mounted, rows} = opened(["b", "a"]);
  await pass();
  const listed = globalThis.fetch;
  globalThis.fetch = /** @type {any} */ (
    async (address, asked) => {
      if (!asked.method || asked.method === "PATCH") return listed(address, asked);
      const told = asked.method === "POST" && asked.body ? {moved: 1} : {links: 2};
      return {status: 200, ok: true, json: async () => told};
    }
  );
  server.kept[1].links = 2; // as its list says once it is shared
  control("a", "share").click();
  await pass();
  assert.equal(control("a", "share").getAttribute("aria-pressed"), "true");
  action("move-all").click();
  assert.equal(find(".lab-dialog[aria-label='library.move']").open, true);
  server.kept.unshift({...CARD, id: "c", created: 9});
  action("take").click();
  await pass();
  assert.equal(rows(), "cba");
  mounted.destroy();
});

test("an address that compares runs shows them instead of the list", async () => {
  const {find, mounted, server} = opened(["a", "b"], {path: "/library?compare=a,b"});
  server.fails = "no network";
  await pass();
  assert.deepEqual([find(".compare") !== null, find(".library-table"), server.asked.length], [true, null, 1]);
  mounted.destroy();
  assert.equal(find(".compare"), null);
});

test("runs that are marked, or all of them, are taken out; what has no archive is not offered", async () => {
  const {server, control, action, find, mounted} = opened(["a", "b", "c"]);
  server.kept[2].kind = "study";
  await pass();
  const href = (name) => action(name).getAttribute("href");
  assert.deepEqual([href("archive-all"), action("archive-all").hidden], ["/a", false]);
  control("c", "mark").click();
  assert.ok(action("archive").hidden);
  control("a", "mark").click();
  control("b", "mark").click();
  assert.deepEqual([href("archive"), action("archive").hidden], ["/a?ids=a,b", false]);
  action("take-home").click();
  assert.ok(find("dialog.lab-take-box").open);
  assert.equal(find("[data-form=parquet]").getAttribute("href"), "/a?ids=a,b&form=parquet");
  find("[data-bin='1']").click();
  await pass();
  assert.ok(action("archive-all").hidden); // the bin is left out
  mounted.destroy();
});

/** Drops a file on the page, which is of a run of that id. */
async function drop({server, find}, id) {
  globalThis.XMLHttpRequest = /** @type {any} */ (
    class {
      upload = {};
      open() {}
      setRequestHeader() {}
      send() {
        const isNew = server.kept.every((card) => card.id !== id);
        const card = {...CARD, id, created: 9};
        if (isNew) server.kept.unshift(card);
        Object.assign(this, {status: 200, responseText: JSON.stringify({new: isNew, card})});
        this.onloadend();
      }
    }
  );
  const dropped = new /** @type {any} */ (document.defaultView).Event("drop", {bubbles: true, cancelable: true});
  Object.assign(dropped, {dataTransfer: {types: ["Files"], files: [new File(["{}"], "a.json")]}});
  find("table").dispatchEvent(dropped);
  await pass();
  await pass();
}

test("what is imported appears at once", async () => {
  const page = opened(["a"]);
  await pass();
  page.action("import").click();
  assert.ok(!page.find(".library-import").hidden);
  await drop(page, "new");
  assert.equal(page.rows(), "newa");
  page.mounted.destroy();
});

test("it appears, too, where the list is asked for again before it was read", async () => {
  const page = opened(["a"]);
  await pass();
  let read;
  page.server.unread = new Promise((resolve) => {
    read = resolve;
  });
  await drop(page, "new");
  await drop(page, "new"); // the list is the same, says the second answer
  assert.deepEqual([page.rows(), page.server.asked.length], ["a", 3]);
  read();
  await pass();
  assert.equal(page.rows(), "newa");
  page.mounted.destroy();
});
