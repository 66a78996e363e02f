import assert from "node:assert/strict";
import {test} from "node:test";
import {
  isFiltered,
  PLAIN,
  readShown,
  sorted,
  toParams,
  toServer,
  unfiltered,
} from "../../../assets/lab/library/filters.js";
import "../dom.js";

const FULL = {
  words: "wide net",
  trick: "a",
  task: "b",
  state: "failed",
  since: "2026-11-01",
  until: "2026-11-28",
  longer: "60",
  bin: true,
  sort: "name",
  down: true,
};

test("what is shown comes back from its address", () => {
  assert.deepEqual(readShown(""), PLAIN);
  assert.deepEqual(toParams(PLAIN), {});
  for (const shown of [
    FULL,
    {...PLAIN, down: false},
    {...PLAIN, sort: "result", down: false},
    {...FULL, words: "a&b=c"},
  ])
    assert.deepEqual(readShown(`?${new URLSearchParams(toParams(shown))}`), shown);
  assert.deepEqual(toParams({...PLAIN, sort: "name", down: false}), {sort: "name"}); // its own order need not be said
});

test("what an address says amiss is left out", () => {
  const said = "?since=yesterday&until=2026-99-01&longer=a&sort=color&bin=x&words=kept&lang=en";
  assert.deepEqual(readShown(said), {...PLAIN, words: "kept"});
  assert.equal(readShown("?sort=name").down, false);
});

test("the server is asked for what is shown, whole days of the reader's own clock included", () => {
  const which = {start: 50, count: 25, language: "en"};
  assert.equal(toServer(PLAIN, which), "?start=50&count=25&lang=en");
  const asked = new URLSearchParams(toServer(FULL, which));
  const [begins, ends] = [new Date(2026, 10, 1), new Date(2026, 10, 29)].map((day) => day.getTime() / 1000);
  assert.deepEqual(Object.fromEntries(asked), {
    words: "wide net",
    trick: "a",
    task: "b",
    state: "failed",
    longer: "60",
    bin: "1",
    sort: "name",
    since: String(begins),
    until: String(ends - 0.001),
    start: "50",
    count: "25",
    lang: "en",
  });
  assert.equal(new URLSearchParams(toServer({...PLAIN, sort: "name", down: false}, which)).get("down"), "0");
});

test("a filter is taken away, place and order stay", () => {
  assert.deepEqual([isFiltered(PLAIN), isFiltered({...PLAIN, bin: true, sort: "name"})], [false, false]);
  for (const name of ["words", "trick", "task", "state", "since", "until", "longer"])
    assert.ok(isFiltered({...PLAIN, [name]: "1"}), name);
  assert.deepEqual(unfiltered(FULL), {...PLAIN, bin: true, sort: "name", down: true});
});

test("a column pressed again is turned round, another begins with its own order", () => {
  const byName = sorted(PLAIN, "name");
  assert.deepEqual([byName.sort, byName.down], ["name", false]);
  assert.deepEqual(sorted(byName, "name").down, true);
  assert.deepEqual(sorted(byName, "seconds").down, true);
});
