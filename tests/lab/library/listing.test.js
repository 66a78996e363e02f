import assert from "node:assert/strict";
import {test} from "node:test";
import {Listing} from "../../../assets/lab/library/listing.js";

const card = (id, created = 0, more = {}) => ({id, created, ...more});
const page = (ids, more = {}) => {
  const cards = ids.map((id) => card(id, id.codePointAt(0)));
  return {cards, total: cards.length, binned: 0, tricks: [], tasks: [], ...more};
};
const shown = (listing) => listing.cards.map(({id}) => id).join("");

function listingOf(ids, more = {}) {
  const listing = new Listing();
  listing.take(page([...ids], more), false);
  return listing;
}

test("the list follows what is new, and keeps what was loaded beyond", () => {
  const listing = listingOf("cb", {total: 4});
  listing.append(page([..."ba"], {total: 4}));
  assert.deepEqual([shown(listing), listing.total, listing.isKnown], ["cba", 4, true]);
  listing.take(page([..."dc"], {total: 5, binned: 2, tricks: [["x", "X"]]}), false);
  assert.deepEqual([shown(listing), listing.binned, listing.tricks], ["dca", 2, [["x", "X"]]]);
  listing.take(page([..."dc"], {total: 2}), false);
  assert.equal(shown(listing), "dc"); // what lay beyond is there no more
});

test("held rows stay, what has come is counted and shown when asked for", () => {
  const listing = listingOf("cb");
  listing.take(page([..."edcb"]), true);
  assert.deepEqual([shown(listing), listing.fresh], ["cb", 2]);
  listing.release();
  assert.deepEqual([shown(listing), listing.fresh], ["edcb", 0]);
  listing.take(page([..."ab"]), true); // another order brings older ones in
  assert.equal(listing.fresh, 0);
  listing.take(page([..."dc"], {total: 9}), true); // new ones that stand further down
  assert.equal(listing.fresh, 5);
  listing.release();
  listing.release();
  assert.equal(shown(listing), "dcb");
});

test("marks go with rows, and with the list", () => {
  const listing = listingOf("dcba");
  listing.mark(["a", "c"], true);
  listing.mark(["c"], false);
  assert.deepEqual([...listing.marked], ["a"]);
  listing.mark(["b"], true);
  listing.take(page([..."dcb"]), false);
  assert.deepEqual([...listing.marked], ["b"]);
  assert.deepEqual(listing.between("b", "d"), ["d", "c", "b"]);
  assert.deepEqual(listing.between("gone", "d"), ["d"]);
  listing.clear();
  assert.deepEqual([listing.marked.size, listing.fresh, listing.waiting], [0, 0, null]);
});

test("a change is seen at once, whatever is held back says otherwise", () => {
  const listing = listingOf("ba");
  listing.take(page([..."cba"]), true);
  listing.change(["a"], {name: "x"});
  listing.release();
  assert.deepEqual([shown(listing), listing.cards[1].name, listing.cards[0].name], ["ba", "x", undefined]);
});

test("rows that go leave their place to the next", () => {
  const listing = listingOf("edcba");
  listing.mark(["d"], true);
  assert.deepEqual([listing.neighbor(["d"]), listing.neighbor(["d", "c"]), listing.neighbor(["a"])], ["c", "b", "b"]);
  assert.equal(listing.neighbor([..."abcde"]), undefined);
  listing.remove(["d", "c"], false);
  assert.deepEqual([shown(listing), listing.total, listing.binned, listing.marked.size], ["eba", 3, 2, 0]);
  listing.remove(["a"], true);
  assert.deepEqual([listing.total, listing.binned], [2, 1]);
});
