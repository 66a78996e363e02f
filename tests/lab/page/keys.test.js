import assert from "node:assert/strict";
import {test} from "node:test";
import {h} from "../../../assets/lab/page/dom.js";
import {helpDialog, listen} from "../../../assets/lab/page/keys.js";
import {outline, press} from "../dom.js";
import {t} from "../lab.js";

/** A lab on the page beside what is not its own, which notes what keys had it do. */
function listening() {
  const done = [];
  const note =
    (name) =>
    (...given) =>
      done.push([name, ...given].join(" "));
  const acts = ["toggle", "oneStep", "restart", "reseed", "nextChart", "nudge", "chooseKnob", "lookBack", "rewind"];
  const lab = Object.fromEntries(acts.map((name) => [name, note(name)]));
  const help = {open: false};
  for (const [name, open] of Object.entries({showModal: true, close: false}))
    help[name] = () => {
      help.open = open;
      done.push(name);
    };
  Object.assign(lab, {past: null, help, root: h("div")});
  document.body.replaceChildren(lab.root);
  const later = []; // what the page hears, after the lab
  const hear = (event) => later.push(event.key);
  const stop = listen(lab);
  addEventListener("keydown", hear, {capture: true});
  const end = () => {
    stop();
    removeEventListener("keydown", hear, {capture: true});
  };
  return {lab, done, later, end};
}

/** What the keys do on an element: of each its action, or "-". */
function tried(done, element, keys, more = {}) {
  return keys.map((key) => {
    done.length = 0;
    press(element, key, more);
    return done.join() || "-";
  });
}

test("each key does one thing, and the page's own shortcuts do not hear it", () => {
  const {lab, done, later, end} = listening();
  const keys = [" ", "s", "S", "b", "r", "n", "v", "1", "9", "ArrowRight", "ArrowLeft", "?", "?"];
  assert.deepEqual(tried(done, lab.root, keys), [
    "toggle",
    "oneStep",
    "oneStep",
    "lookBack",
    "restart",
    "reseed",
    "nextChart",
    "chooseKnob 0",
    "chooseKnob 8",
    "nudge 1",
    "nudge -1",
    "showModal",
    "close",
  ]);
  assert.deepEqual(tried(done, lab.root, ["ArrowRight", "ArrowLeft"], {shiftKey: true}), ["nudge 5", "nudge -5"]);
  assert.deepEqual(later, []);
  assert.equal(press(lab.root, "r").defaultPrevented, true);
  const others = ["0", "10", "a", "ArrowUp", "Enter", "Escape", "F1"];
  assert.deepEqual(
    tried(done, lab.root, others),
    others.map(() => "-"),
  );
  assert.deepEqual(later, others);
  assert.equal(press(lab.root, "a").defaultPrevented, false);
  lab.past = 3;
  assert.deepEqual(tried(done, lab.root, ["Escape"]), ["rewind "]);
  lab.help.open = true;
  assert.deepEqual(tried(done, lab.root, ["Escape"]), ["close"]);
  end();
});

test("keys with Control, Command or Alt are the browser's; a lab that is gone or has stopped hears none", () => {
  const {lab, done, end} = listening();
  for (const modifier of ["ctrlKey", "metaKey", "altKey"])
    assert.deepEqual(tried(done, lab.root, ["r", "ArrowRight"], {[modifier]: true}), ["-", "-"]);
  lab.root.remove();
  assert.deepEqual(tried(done, document.body, ["r"]), ["-"]);
  document.body.append(lab.root);
  assert.deepEqual(tried(done, document.body, ["r"]), ["restart"]);
  end();
  assert.deepEqual(tried(done, document.body, ["r"]), ["-"]);
});

test("of a key held down, arrows and S go on; the others act once, and still are nobody else's", () => {
  const {lab, done, later, end} = listening();
  const keys = ["ArrowRight", "s", "S", " ", "r", "n", "v", "1", "?"];
  const found = tried(done, lab.root, keys, {repeat: true});
  assert.deepEqual(found, ["nudge 1", "oneStep", "oneStep", "-", "-", "-", "-", "-", "-"]);
  assert.deepEqual(later, []);
  assert.equal(press(lab.root, " ", {repeat: true}).defaultPrevented, true); // else the page would scroll
  press(lab.root, "a", {repeat: true});
  assert.deepEqual(later, ["a"]);
  end();
});

const KEYS = [" ", "ArrowRight", "r"];

/** Which of space, arrow and letter stay with an element, by its HTML; `[data-at]` is where the key is pressed. */
function kept(html, where) {
  const {lab, done, end} = listening();
  (where === "lab" ? lab.root : document.body).insertAdjacentHTML("beforeend", html);
  const element = document.body.querySelector("[data-at]") ?? document.body.lastElementChild.lastElementChild;
  const found = tried(done, element, KEYS).map((one, i) => (one === "-" ? ["space", "arrow", "letter"][i] : ""));
  end();
  return found.filter(Boolean).join(" ");
}

test("what has the focus keeps the keys that mean something to it", () => {
  const all = "space arrow letter";
  const cases = {
    "<div data-at></div>": "",
    "<input data-at>": all,
    '<input type="checkbox" data-at>': all,
    "<textarea data-at></textarea>": all,
    "<select data-at></select>": all,
    '<div contenteditable="" data-at></div>': all,
    '<div contenteditable="true" data-at></div>': all,
    '<div contenteditable="false" data-at></div>': "",
    '<input type="range" data-at>': "arrow",
    '<label><input type="range" data-at></label>': "space arrow",
    "<button data-at></button>": "space",
    "<a><b data-at></b></a>": "space",
    "<details><summary data-at></summary></details>": "space",
    '<div role="button" data-at></div>': "space",
    '<div role="tab" data-at></div>': "space arrow",
    '<div role="radio" data-at></div>': "arrow",
    '<button role="radio" data-at></button>': "space arrow",
    '<div class="lab-table" data-at></div>': "arrow",
    '<div class="lab-table"><div data-at></div></div>': "",
  };
  for (const [html, keys] of Object.entries(cases)) assert.equal(kept(html, "lab"), keys, html);
});

test("what is not the lab's keeps the space and the arrows where it has a use for them", () => {
  const cases = {
    "<div data-at></div>": "",
    "<button data-at></button>": "space arrow",
    "<a data-at></a>": "space arrow",
    "<details><summary data-at></summary></details>": "space arrow",
    '<input type="range" data-at>': "space arrow",
    ...Object.fromEntries(
      ["button", "tab", "radio", "slider", "option", "combobox"].map((role) => [
        `<div role="${role}" data-at></div>`,
        "space arrow",
      ]),
    ),
    '<div role="button"><b data-at></b></div>': "space",
  };
  for (const [html, keys] of Object.entries(cases)) assert.equal(kept(html, "page"), keys, html);
});

test("while a dialog is open keys are its own", () => {
  const {lab, done, end} = listening();
  const dialog = h("dialog", {class: "lab-dialog", open: true});
  lab.root.append(dialog);
  press(dialog, "r");
  dialog.removeAttribute("open");
  press(lab.root, "n");
  assert.deepEqual(done, ["reseed"]);
  end();
});

test("a key that is pressed on no element is the lab's", () => {
  const {done, end} = listening();
  press(document, "r");
  assert.deepEqual(done, ["restart"]);
  end();
});

test("the list of keys says each, and closes where it is clicked", () => {
  const dialog = helpDialog(t);
  const rows = [
    ["lab.keys.space", "toggle"],
    ["← →", "turn"],
    ["1 2", "choose"],
    ["S", "step"],
    ["B", "back"],
    ["R", "restart"],
    ["N", "reseed"],
    ["V", "view"],
    ["?", "help"],
  ].map(([key, does]) => `\n  div\n    kbd: ${key}\n    span: lab.keys.${does}`);
  assert.equal(outline(dialog), `dialog class=lab-help aria-label=lab.keys\n  h2: lab.keys${rows.join("")}`);
  dialog.show();
  dialog.click();
  assert.equal(dialog.open, false);
});

test("a key that does nothing on a page is not in its list", () => {
  const keys = (deaf) => [...helpDialog(t, deaf).querySelectorAll("kbd")].map(({textContent}) => textContent);
  assert.deepEqual(
    keys([]).filter((key) => !keys(["N", "V"]).includes(key)),
    ["N", "V"],
  );
});
