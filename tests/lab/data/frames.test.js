import assert from "node:assert/strict";
import {test} from "node:test";
import {decode} from "../../../assets/lab/data/frames.js";

test("a frame is its header, and arrays at offsets of eight", () => {
  for (const pad of ["", "x", "xxxxxxx"]) {
    const header = {
      type: "rows",
      pad,
      arrays: [
        {group: "row", arm: 1, name: "loss", dtype: "f8", shape: [2], offset: 0},
        {group: "probe", arm: 0, name: "p", step: 3, dtype: "f4", shape: [2, 1], offset: 16},
        {group: "probe", arm: 0, name: "n", dtype: "i4", shape: [1], offset: 24},
      ],
    };
    const text = new TextEncoder().encode(JSON.stringify(header));
    const start = Math.ceil((4 + text.length) / 8) * 8;
    const buffer = new ArrayBuffer(start + 32);
    new DataView(buffer).setUint32(0, text.length, true);
    new Uint8Array(buffer).set(text, 4);
    new Float64Array(buffer, start, 2).set([1.5, -2]);
    new Float32Array(buffer, start + 16, 2).set([0.25, 4]);
    new Int32Array(buffer, start + 24, 1).set([-7]);
    const found = decode(buffer);
    assert.equal(found.header.pad, pad);
    assert.deepEqual(
      found.arrays.map(({values}) => [...values]),
      [[1.5, -2], [0.25, 4], [-7]],
    );
    const {values: _values, ...said} = found.arrays[1];
    assert.deepEqual(said, {group: "probe", arm: 0, name: "p", step: 3, shape: [2, 1]});
  }
});

test("a frame may have no arrays", () => {
  const text = new TextEncoder().encode('{"type":"note"}');
  const buffer = new ArrayBuffer(4 + text.length);
  new DataView(buffer).setUint32(0, text.length, true);
  new Uint8Array(buffer).set(text, 4);
  assert.deepEqual(decode(buffer), {header: {type: "note"}, arrays: []});
});
