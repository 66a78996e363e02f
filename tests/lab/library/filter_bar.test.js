import assert from "node:assert/strict";
import {mock, test} from "node:test";
import {FilterBar} from "../../../assets/lab/library/filter_bar.js";
import {PLAIN} from "../../../assets/lab/library/filters.js";
import {Listing} from "../../../assets/lab/library/listing.js";
import {happen, press} from "../dom.js";
import {t} from "../lab.js";

mock.timers.enable({apis: ["setTimeout"]});

function barOf(shown = {}, more = {}) {
  const listing = Object.assign(new Listing(), {tricks: [["one", "One"]], tasks: [["two", "Two"]], binned: 3}, more);
  const asked = [];
  const page = {
    t,
    listing,
    shown: {...PLAIN, ...shown},
    duration: (seconds) => `${seconds} s`,
    show: (next) => {
      asked.push(next);
      page.shown = next;
      bar.refresh();
    },
  };
  const bar = new FilterBar(page);
  document.body.replaceChildren(bar.element, bar.place);
  bar.refresh();
  const control = (name) => /** @type {any} */ (bar.element.querySelector(`[data-filter=${name}]`));
  const choose = (name, value) => {
    control(name).value = value;
    happen(control(name), "change");
  };
  const options = (name) => [...control(name).options].map(({value, textContent}) => `${value}: ${textContent}`);
  return {bar, page, asked, control, choose, options};
}

test("it offers what there is, and shows what the address says", () => {
  const {bar, control, options} = barOf({trick: "gone", longer: "42", since: "2026-11-01", words: "wide"});
  assert.deepEqual(options("trick"), [": library.any", "one: One", "gone: gone"]);
  assert.deepEqual(options("task"), [": library.any", "two: Two"]);
  assert.deepEqual(options("longer").slice(0, 4), [": library.any", "10: 10 s", "42: 42 s", "60: 60 s"]);
  assert.equal(options("state").length, 8);
  const found = ["trick", "task", "longer", "since"].map((name) => control(name).value);
  assert.deepEqual([...found, bar.words.value], ["gone", "", "42", "2026-11-01", "wide"]);
  assert.deepEqual(
    ["trick", "task"].map((name) => control(name).hasAttribute("data-set")),
    [true, false],
  );
  assert.equal(bar.places[1].textContent, "library.bin 3");
});

test("each choice is asked for, once", () => {
  const {bar, asked, choose} = barOf();
  for (const [name, value] of Object.entries({trick: "one", task: "two", state: "failed", longer: "60"}))
    choose(name, value);
  choose("since", "2026-11-01");
  choose("until", "2026-11-02");
  choose("until", "2026-11-02");
  const more = {trick: "one", task: "two", state: "failed", longer: "60", since: "2026-11-01", until: "2026-11-02"};
  assert.deepEqual([asked.length, asked.at(-1)], [6, {...PLAIN, ...more}]);
  bar.clear.click();
  assert.deepEqual([asked.at(-1), bar.clear.hidden], [PLAIN, true]);
});

test("words are looked for when typing rests, and stand as they are typed", () => {
  const {bar, asked, page} = barOf();
  for (const text of ["w", "wi"]) {
    bar.words.focus();
    bar.words.value = text;
    happen(bar.words, "input");
    mock.timers.tick(200);
  }
  assert.equal(asked.length, 0);
  mock.timers.tick(50);
  assert.deepEqual(
    asked.map(({words}) => words),
    ["wi"],
  );
  happen(bar.words, "change"); // which are asked for already
  bar.words.value = "wid";
  bar.refresh();
  assert.deepEqual([asked.length, bar.words.value, page.shown.words], [1, "wid", "wi"]);
});

test("an order has its own direction, and is turned round", () => {
  const {bar, asked, choose} = barOf();
  choose("sort", "name");
  assert.deepEqual([asked[0].sort, asked[0].down, bar.turn.textContent], ["name", false, "library.up"]);
  bar.turn.click();
  assert.deepEqual([asked[1].down, bar.turn.textContent], [true, "library.down"]);
});

test("the bin is beside what is kept, by arrows too", () => {
  const {bar, asked} = barOf();
  const checked = () => bar.places.map((button) => `${button.getAttribute("aria-checked")} ${button.tabIndex}`);
  assert.deepEqual(checked(), ["true 0", "false -1"]);
  bar.places[1].click();
  assert.deepEqual([asked[0].bin, ...checked()], [true, "false -1", "true 0"]);
  assert.ok(press(bar.places[1], "ArrowLeft").defaultPrevented);
  assert.ok(!press(bar.places[0], "a").defaultPrevented);
  assert.ok(document.activeElement === bar.places[0]);
  assert.deepEqual(
    asked.map(({bin}) => bin),
    [true, false],
  );
});

test("where there is little room the filter opens by a button, which says that something is set", () => {
  const {bar, choose} = barOf({words: "x"});
  assert.ok(!bar.opening.hasAttribute("data-set")); // words are seen
  choose("task", "two");
  assert.ok(bar.opening.hasAttribute("data-set"));
  bar.opening.click();
  assert.deepEqual([bar.opening.getAttribute("aria-expanded"), bar.element.hasAttribute("data-open")], ["true", true]);
  bar.opening.click();
  assert.equal(bar.opening.getAttribute("aria-expanded"), "false");
});
