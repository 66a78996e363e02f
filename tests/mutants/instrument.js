// Prints as JSON every mutant that Stryker knows of the files named: path, line, operator, where and what.
// Places are in characters (code points) from the start of the file, as Python counts them.

import {readFile} from "node:fs/promises";
import {Instrumenter} from "@stryker-mutator/instrumenter";

const silent = {isDebugEnabled: () => false, debug() {}, info() {}, warn() {}};
const options = {plugins: [], excludedMutations: [], ignorers: []};

/** The place in `text` of a line and column that count from 0, in code points. */
function placeIn(text, {line, column}) {
  const before = text.split("\n").slice(0, line);
  const units = before.reduce((sum, each) => sum + each.length + 1, 0) + column;
  return [...text.slice(0, units)].length;
}

const mutants = [];
for (const path of process.argv.slice(2)) {
  const content = await readFile(path, "utf8");
  const found = await new Instrumenter(silent).instrument([{name: path, mutate: true, content}], options);
  for (const {location, mutatorName, replacement, status} of found.mutants) {
    if (status === "Ignored") continue;
    const [start, end] = [placeIn(content, location.start), placeIn(content, location.end)];
    mutants.push({path, line: location.start.line + 1, operator: mutatorName, start, end, replacement});
  }
}
console.log(JSON.stringify(mutants));
