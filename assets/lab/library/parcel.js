// The archives of several runs in one ZIP: cut out of it by its list of entries, so that each is sent by itself.

const END = 0x06054b50;
const LISTED = 0x02014b50;
const ENTRY = 0x04034b50;
const SIZES = {end: 22, listed: 46, entry: 30}; // bytes, without names and what else may follow
const MOST_LISTED = 2 ** 24; // bytes
const LEFT_OUT = "left out.txt"; // says what of a library has no archive
const STORED = 0;

/**
 * The archives in a file by their names; null where it is no ZIP of archives.
 *
 * @param {Blob} file
 * @returns {Promise<?{name: string, content: Blob}[]>}
 * @throws {Error} the file cannot be read, or cannot be cut
 */
export async function archivesIn(file) {
  const listed = await listOf(file);
  if (!listed?.length || !listed.every(({name}) => name.endsWith(".zip") || name === LEFT_OUT)) return null;
  const archives = listed.filter(({name}) => name !== LEFT_OUT);
  if (archives.some(({method}) => method !== STORED)) throw new Error("packed anew");
  return Promise.all(
    archives.map(async ({name, size, at}) => {
      const head = await viewOf(file, at, SIZES.entry);
      if (head.getUint32(0, true) !== ENTRY) throw new Error("no entry");
      const begin = at + SIZES.entry + head.getUint16(26, true) + head.getUint16(28, true);
      return {name, content: file.slice(begin, begin + size)};
    }),
  );
}

// What the ZIP's list says of its entries; null where there is no such list.
async function listOf(file) {
  if (file.size < SIZES.end) return null;
  const end = await viewOf(file, file.size - SIZES.end, SIZES.end);
  const [length, start] = [end.getUint32(12, true), end.getUint32(16, true)];
  if (end.getUint32(0, true) !== END || length > MOST_LISTED || start + length > file.size) return null;
  const view = await viewOf(file, start, length);
  const found = [];
  for (let at = 0; at + SIZES.listed <= length; ) {
    if (view.getUint32(at, true) !== LISTED) return null;
    const [named, more, told] = [28, 30, 32].map((place) => view.getUint16(at + place, true));
    const next = at + SIZES.listed + named + more + told;
    if (next > length) return null;
    const name = new TextDecoder().decode(new Uint8Array(view.buffer, at + SIZES.listed, named));
    const size = view.getUint32(at + 20, true);
    found.push({name, size, method: view.getUint16(at + 10, true), at: view.getUint32(at + 42, true)});
    at = next;
  }
  return found;
}

async function viewOf(file, start, length) {
  const buffer = await file.slice(start, start + length).arrayBuffer();
  if (buffer.byteLength < length) throw new Error("cut short");
  return new DataView(buffer);
}
