import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {paintCaption} from "../../../assets/lab/charts/pictures.js";
import {Images} from "../../../assets/lab/panels/images.js";
import {mounted, pens} from "../dom.js";
import {labOf, runOf} from "../lab.js";

const pictures = {
  p: [[1, [0, 1, 2, 4, 4, 4], [3, 1, 2]]],
  box: [[1, [0.5, 0.5, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0], [3, 4]]],
  marks: [[1, [7, 8, 9]]],
};
beforeEach(() => {
  pens.length = 0;
});

function imagesOf(declared = {}, arms = [{}, {probes: pictures}]) {
  const lab = labOf(runOf(arms));
  const images = new Images(lab, {id: "p", title: "P", array: "p", columns: 2, ...declared});
  mounted(images, 400, 200);
  images.paint();
  return images;
}
const drawn = (name) => pens.filter(([method]) => method === name).map(([, ...given]) => given);

test("pictures are put onto a canvas of their own size, row by row", () => {
  const images = imagesOf();
  const [{canvas, name}] = images.sheets;
  assert.deepEqual([canvas.width, canvas.height, name.textContent], [5, 3, ""]);
  assert.deepEqual(
    drawn("putImageData").map(([{width, height, data}, ...at]) => [width, height, [...data.slice(0, 8)], ...at]),
    [
      [2, 1, [221, 221, 221, 255, 0, 0, 255, 255], 0, 0],
      [2, 1, [255, 255, 255, 255, 0, 0, 0, 255], 3, 0],
      [2, 1, [255, 255, 255, 255, 255, 255, 255, 255], 0, 2],
    ],
  );
  assert.equal(canvas.getAttribute("aria-label"), "P. lab.describe.images 3 one");
  assert.deepEqual([images.empty.textContent, images.screen.hidden, images.rows()], ["", false, null]);
  assert.deepEqual([images.screen.className, canvas.getAttribute("role")], ["lab-images", "img"]);
  assert.equal(images.tools.querySelector('[data-tool="svg"]'), null);
  pens.length = 0;
  images.paint();
  assert.equal(pens.length, 0);
});

test("it needs no plotly.js, and without pictures says what is waited for", () => {
  const {Plotly} = globalThis;
  globalThis.Plotly = undefined;
  const images = imagesOf({}, [{}, {}]);
  globalThis.Plotly = Plotly;
  assert.deepEqual([images.empty.textContent, images.screen.hidden, pens.length], ["lab.empty.soon", true, 0]);
  images.save("png");
  assert.equal(pens.length, 0);
});

test("several arms have a sheet each, with its name, as they are larger", () => {
  const images = imagesOf({arms: "all"}, [{probes: pictures}, {probes: pictures}]);
  assert.deepEqual(
    images.sheets.map(({name}) => [name.className, name.textContent]),
    [
      ["lab-sheet-name", "base"],
      ["lab-sheet-name", "one"],
    ],
  );
  assert.deepEqual([images.beside, images.screen.hasAttribute("data-beside")], [true, true]);
  assert.deepEqual(
    [...images.screen.children].map(({className}) => className),
    ["lab-sheet", "lab-sheet"],
  );
  const [{canvas}] = images.sheets;
  images.touch();
  images.paint();
  assert.equal(images.sheets[0].canvas, canvas);
});

test("boxes and numbers are drawn on an enlarged sheet, inside their pictures", () => {
  const images = imagesOf({boxes: ["box"], marks: "marks"});
  const [{canvas}] = images.sheets;
  assert.deepEqual([canvas.width, canvas.height], [30, 18]);
  assert.deepEqual(
    drawn("drawImage").map(([, ...at]) => at),
    [[0, 0, 30, 18]],
  );
  assert.deepEqual(drawn("imageSmoothingEnabled ="), [[false]]);
  const from = pens.findIndex(([name]) => name === "save");
  const box = (color, width) => [
    ["save"],
    ["scale", 6, 6],
    ["beginPath"],
    ["rect", 0, 0, 2, 1],
    ["clip"],
    ["strokeStyle =", color],
    ["lineWidth =", width],
    ["setLineDash", []],
    ["strokeRect", 0, 0, 2, 1],
    ["restore"],
  ];
  assert.deepEqual(pens.slice(from, from + 20), [...box("#ffffff", 2), ...box("#0000ff", 1)]);
  assert.deepEqual(pens.slice(from + 20), [
    ["font =", `600 ${4.6 * 6}px serif`],
    ["textAlign =", "center"],
    ["textBaseline =", "middle"],
    ["fillStyle =", "#000000"],
    ...[
      ["7", 6, 0],
      ["8", 24, 0],
      ["9", 6, 2],
    ].map(([text, x, y]) => ["fillText", text, x, (y + 1 - 3.8) * 6]),
  ]);
  assert.equal(canvas.getAttribute("aria-label"), "P. lab.describe.images 3 one 7 8 9");
});

test("a picture is saved of all sheets as they are seen, with the caption around them", () => {
  const images = imagesOf({arms: "all"}, [{probes: pictures}, {probes: pictures}]);
  for (const {canvas} of images.sheets) canvas.getBoundingClientRect = () => ({width: 300, height: 100});
  const links = [];
  const create = document.createElement.bind(document);
  document.createElement = (tag) => {
    const element = create(tag);
    if (tag === "a") element.click = () => links.push(element);
    if (tag === "canvas") links.push(element);
    return element;
  };
  pens.length = 0;
  images.tools.querySelector('[data-tool="png"]').click();
  document.createElement = create;
  const [whole, link] = links;
  const caption = {title: "Trick: P", lines: [], key: images.lab.arms().map(({label}) => ({text: label})), foot: ""};
  const {top, bottom} = paintCaption(null, caption, {width: 610, font: 10, height: 0});
  assert.deepEqual([whole.width, whole.height], [1220, Math.floor(2 * (115 + top + bottom))]);
  assert.deepEqual([link.getAttribute("download"), link.getAttribute("href")], ["trick-r-p.png", "data:image/png"]);
  assert.deepEqual(pens.slice(0, 3), [
    ["scale", 2, 2],
    ["fillStyle =", "#ffffff"],
    ["fillRect", 0, 0, 610, 115 + top + bottom],
  ]);
  const tail = pens.slice(-7).map(([name, ...given]) => [name, ...given.filter((one) => typeof one !== "object")]);
  assert.deepEqual(tail, [
    ["imageSmoothingEnabled =", false],
    ["fillStyle =", "#000000"],
    ["font =", "10px serif"],
    ["fillText", "base", 0, top + 10],
    ["drawImage", 0, top + 15, 300, 100],
    ["fillText", "one", 310, top + 10],
    ["drawImage", 310, top + 15, 300, 100],
  ]);
});

test("with numbers alone, or boxes alone, the sheet is enlarged as well; each picture has its own values", () => {
  const tall = {
    p: [[1, [0, 0.5, 1, 2, 3, 4, 5, 6], [2, 2, 2]]],
    marks: [[1, [7, 8]]],
    box: [[1, [0.5, 0.5, 1, 1, 0.5, 0.5, 1, 1], [2, 4]]],
  };
  for (const more of [{marks: "marks"}, {boxes: ["box"]}]) {
    pens.length = 0;
    const images = imagesOf({...more, span: [0, 6]}, [{}, {probes: tall}]);
    assert.equal(images.sheets[0].canvas.width, 30);
    assert.ok(images.plot.contains(images.screen));
    const reds = drawn("putImageData").map(([{data}]) => [data[0], data[4], data[8], data[12]]);
    assert.deepEqual(reds, [
      [255, 234, 212, 170],
      [128, 85, 42, 0],
    ]);
  }
});
