import assert from "node:assert/strict";
import {test} from "node:test";
import {archivesIn} from "../../../assets/lab/library/parcel.js";

const bytes = (text) => new TextEncoder().encode(text);

/** Numbers in their places, little end first: `[place, bytes, value]`. */
function head(size, fields) {
  const view = new DataView(new ArrayBuffer(size));
  for (const [at, width, value] of fields) view[width === 2 ? "setUint16" : "setUint32"](at, value, true);
  return new Uint8Array(view.buffer);
}

/** A ZIP of these entries as they are, `[name, content]`. */
function zipped(entries, {method = 0, signature = 0x04034b50, extra = 0} = {}) {
  const [parts, list] = [[], []];
  let at = 0;
  for (const [name, content] of entries) {
    const named = bytes(name);
    const sizes = (first) => [
      [first, 4, content.length],
      [first + 4, 4, content.length],
    ];
    const entry = [[0, 4, signature], ...sizes(18), [26, 2, named.length], [28, 2, extra]];
    parts.push(head(30, entry), named, new Uint8Array(extra), bytes(content));
    const listed = [[0, 4, 0x02014b50], [10, 2, method], ...sizes(20), [28, 2, named.length], [42, 4, at]];
    list.push(head(46, listed), named);
    at += 30 + named.length + extra + content.length;
  }
  const length = list.reduce((sum, part) => sum + part.length, 0);
  const end = [
    [0, 4, 0x06054b50],
    [12, 4, length],
    [16, 4, at],
  ];
  return new Blob([...parts, ...list, head(22, end)]);
}

async function told(file) {
  const found = await archivesIn(file);
  return found && Promise.all(found.map(async ({name, content}) => [name, await content.text()]));
}

test("archives are cut out of the file, whatever stands between them, and what is left out is no archive", async () => {
  const file = zipped(
    [
      ["a.zip", "PK one"],
      ["left out.txt", "b: why"],
      ["学.zip", "PK two"],
    ],
    {extra: 7},
  );
  assert.deepEqual(await told(file), [
    ["a.zip", "PK one"],
    ["学.zip", "PK two"],
  ]);
});

test("what is no ZIP of archives is nothing to be cut", async () => {
  const [whole, run] = [zipped([["a.zip", "PK"]]), zipped([["run.json", "{}"]])];
  for (const file of [new Blob([]), new Blob(["PK"]), new Blob(["step,arm\n".repeat(90)]), run, zipped([])])
    assert.equal(await archivesIn(file), null);
  assert.equal(await archivesIn(whole.slice(0, whole.size - 1)), null);
  assert.equal(await archivesIn(whole.slice(3)), null); // its list is not where it says
});

test("a list that does not fit itself is none", async () => {
  const whole = new Uint8Array(await zipped([["a.zip", "PK"]]).arrayBuffer());
  const list = 30 + 5 + 2;
  const spoiled = (at, value) => new Blob([whole.map((byte, i) => (i === at ? value : byte))]);
  assert.equal(await archivesIn(spoiled(list, 0)), null); // no entry
  assert.equal(await archivesIn(spoiled(list + 28, 255)), null); // a name beyond its end
  assert.equal(await archivesIn(spoiled(whole.length - 22 + 15, 255)), null); // too long
  assert.equal(await archivesIn(spoiled(whole.length - 22 + 19, 255)), null); // begins beyond the file
});

test("archives that cannot be cut out are said to be", async () => {
  await assert.rejects(archivesIn(zipped([["a.zip", "PK"]], {method: 8})));
  await assert.rejects(archivesIn(zipped([["a.zip", "PK"]], {signature: 1})));
  await assert.rejects(archivesIn({size: 100, slice: () => ({arrayBuffer: async () => new ArrayBuffer(0)})}));
});
