// The binary frames of the live socket: a JSON header and the typed arrays it describes.

const ARRAYS = {f4: Float32Array, f8: Float64Array, i4: Int32Array};

/**
 * Splits one frame into its header and arrays; each array is a view on the frame's own bytes.
 *
 * @param {ArrayBuffer} buffer uint32 header length (little endian), header, padding to 8 bytes, arrays
 * @returns {{header: object, arrays: {group: string, arm: number, name: string, step: number|undefined,
 *   shape: number[], values: ArrayLike<number>}[]}} an array of a study says its seed, point and axis too
 */
export function decode(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const start = Math.ceil((4 + length) / 8) * 8;
  const arrays = (header.arrays ?? []).map(({dtype, shape, offset, ...said}) => {
    const size = shape.reduce((product, side) => product * side, 1);
    return {...said, shape, values: new ARRAYS[dtype](buffer, start + offset, size)};
  });
  return {header, arrays};
}
