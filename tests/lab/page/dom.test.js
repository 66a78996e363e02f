import assert from "node:assert/strict";
import {mock, test} from "node:test";
import {
  copyButton,
  h,
  icon,
  iconButton,
  onPrint,
  setFlag,
  setPlace,
  setText,
  showCurrentPage,
} from "../../../assets/lab/page/dom.js";
import {happen, outline} from "../dom.js";
import {t} from "../lab.js";

test("an element has its attributes, what it listens for, and its children", () => {
  let clicks = 0;
  const attributes = {class: "a", hidden: true, title: "", min: 0, id: null, for: undefined, disabled: false};
  const element = h("p", {...attributes, onclick: () => (clicks += 1)}, "x", null, ["y", h("b")], undefined, false, 0);
  assert.equal(element.outerHTML, '<p class="a" hidden="" title="" min="0">xy<b></b>0</p>');
  element.click();
  assert.equal(clicks, 1);
  assert.equal(h("i").outerHTML, "<i></i>");
});

test("a button with an icon alone is named", () => {
  let clicks = 0;
  const button = iconButton("pause", "Pause", () => (clicks += 1), {class: "b", "data-action": "pause"});
  const drawn = "svg viewBox=0 0 24 24 aria-hidden=true class=lab-icon\n    path d=M6 5h4v14H6zm8 0h4v14h-4z";
  assert.equal(
    outline(button),
    `button type=button class=b title=Pause aria-label=Pause data-action=pause\n  ${drawn}`,
  );
  button.click();
  assert.equal(clicks, 1);
  assert.equal(iconButton("add", "", null).className, "lab-button");
  const drawings = ["run", "stop", "step", "restart", "reset", "reseed", "add", "remove", "help"].map((name) =>
    icon(name).firstChild.getAttribute("d"),
  );
  assert.ok(
    drawings.every((path) => /^M[\d.]+ [\d.]+[\w .-]+z$/.test(path)),
    drawings.join("\n"),
  );
});

/** What a copy button says on a click and after it, where the clipboard takes the text, or copying a selection does. */
async function copying({clipboard, selected}) {
  mock.timers.enable({apis: ["setTimeout"]});
  const copied = [];
  const writeText = async (text) => {
    if (!clipboard) throw new Error("not allowed");
    copied.push(text);
  };
  Object.defineProperty(globalThis, "navigator", {value: {clipboard: {writeText}}, configurable: true});
  document.execCommand = (command) => {
    const area = document.querySelector("textarea");
    copied.push(`${command} ${area.value.slice(area.selectionStart, area.selectionEnd)} ${area.getAttribute("style")}`);
    return selected;
  };
  const button = copyButton("csv", "CSV", t, () => "a,b");
  assert.equal(outline(button), "button type=button class=lab-tool lab-kept data-copy=csv: CSV");
  button.click();
  await new Promise(setImmediate);
  const said = [button.textContent];
  for (const ms of [1499, 1]) {
    mock.timers.tick(ms);
    said.push(button.textContent);
  }
  mock.timers.reset();
  assert.ok(document.querySelector("textarea") === null);
  return [copied, said];
}

test("what was copied is said for a moment; without a clipboard a selection is copied", async () => {
  const [done, failed] = ["done", "failed"].map((how) => [`lab.copy.${how}`, `lab.copy.${how}`, "CSV"]);
  const selection = ["copy a,b position:fixed;opacity:0"];
  assert.deepEqual(await copying({clipboard: true}), [["a,b"], done]);
  assert.deepEqual(await copying({clipboard: false, selected: true}), [selection, done]);
  assert.deepEqual(await copying({clipboard: false, selected: false}), [selection, failed]);
});

test("a text or a flag that stays as it was is not set again", () => {
  const element = h("p", {}, "a");
  const node = element.firstChild;
  setText(element, "a");
  assert.ok(element.firstChild === node);
  setText(element, "b");
  assert.equal(element.textContent, "b");
  const toggled = mock.method(element, "toggleAttribute");
  for (const on of [undefined, false, "yes", true, 0]) setFlag(element, "data-on", on);
  assert.deepEqual(
    toggled.mock.calls.map((call) => call.arguments),
    [
      ["data-on", true],
      ["data-on", false],
    ],
  );
});

test("a slider that stands for what is to be shown stays where it is", () => {
  const slider = h("input", {type: "range", max: 100});
  const placed = [];
  const put = (place, isSame) => {
    setPlace(slider, place, (at) => placed.push(at) && isSame);
    return slider.value;
  };
  slider.value = "20";
  assert.deepEqual([put(30.6, true), put(30.6, false), put(40.4, false)], ["20", "31", "40"]);
  assert.deepEqual(placed, [20, 20, 31]);
});

/** How far a sidebar of 100 to 300 pixels is scrolled, whose link to the open page stands there. */
function scrolled(top, bottom, {page = "page", side = "stSidebarContent"} = {}) {
  const link = h("a", {"data-testid": "stSidebarNavLink", "aria-current": page});
  const frame = h("div", {"data-testid": side}, h("a", {"data-testid": "stSidebarNavLink"}), h("div", {}, link));
  document.body.replaceChildren(frame);
  link.getBoundingClientRect = () => ({top, bottom});
  frame.getBoundingClientRect = () => ({top: 100, bottom: 300, height: 200});
  frame.scrollTop = 1000;
  showCurrentPage();
  return frame.scrollTop;
}

test("the page that is open comes to the middle of the sidebar, unless it is in sight", () => {
  assert.deepEqual([scrolled(100, 120), scrolled(280, 300)], [1000, 1000]);
  assert.equal(scrolled(290, 301), 1090);
  assert.equal(scrolled(99, 120), 899);
  assert.equal(scrolled(900, 920, {page: "false"}), 1000);
  assert.equal(scrolled(900, 920, {side: "elsewhere"}), 1000);
});

test("a page is told before and after it is printed, until that is ended", () => {
  const told = [];
  const end = onPrint((prints) => told.push(prints));
  for (const name of ["beforeprint", "afterprint"]) happen(globalThis, name);
  end();
  for (const name of ["beforeprint", "afterprint"]) happen(globalThis, name);
  assert.deepEqual(told, [true, false]);
});
