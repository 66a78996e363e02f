import assert from "node:assert/strict";
import {test} from "node:test";
import {arranged, broken, captionOf, paintCaption, withCaption} from "../../../assets/lab/charts/pictures.js";
import {makeText} from "../../../assets/lab/data/text.js";

const LAB = {
  t: makeText({
    "lab.picture.made": "{app}, run {run}",
    "lab.picture.turned": "turned: {turns}",
    "lab.picture.turn": "{knobs} at step {step}",
  }),
  config: {title: "flooding", app: "Trick Lab 1"},
  theme: {arms: ["gray", "blue", "red"]},
  store: {
    run: "abc",
    head: {about: "Two spirals, b 0.2, 300 steps, seed 100"},
    events: [{name: "flood_level", value: 0.4, step: 50, arm: 1}],
  },
  arms: () => [
    {index: 0, label: "baseline"},
    {index: 1, look: 2, label: "flooding"},
  ],
  knobsText: (knobs) => `b ${knobs.flood_level}`,
};
const CAPTION = captionOf(LAB, "loss", ["dash", "solid", "dot"]);

test("a picture says what it shows, of which run, by what, and which line is whose", () => {
  assert.deepEqual(CAPTION, {
    title: "flooding: loss",
    lines: ["Two spirals, b 0.2, 300 steps, seed 100", "turned: b 0.4 at step 50"],
    key: [
      {text: "baseline", color: "gray", sample: "╍╍"},
      {text: "flooding", color: "red", sample: "┅┅"},
    ],
    foot: "Trick Lab 1, run abc",
  });
  const plain = {...LAB, store: {head: {}}, config: {app: "Trick Lab 1"}};
  assert.deepEqual(captionOf(plain, "loss", []).lines, []);
  assert.equal(captionOf(plain, "loss", []).title, "loss");
  const own = {...LAB, arms: () => [{index: 0, look: 1, label: "a run", dash: "dashdot"}]};
  assert.deepEqual(captionOf(own, "loss", ["dash"]).key, [{text: "a run", color: "blue", sample: "┉┅"}]);
});

test("lines are broken to the width, and arms go on in a further row", () => {
  assert.deepEqual(broken("aaaa bbbb cccc dddd", 12 * 0.52 * 10, 10), ["aaaa bbbb", "cccc dddd"]);
  assert.deepEqual(broken("aaaaaaaaaaaaaaaaaaaaaaaaaaa", 10, 10), ["aaaaaaaaaaaaaaaaaaaaaaaaaaa"]);
  const {above, key} = arranged(CAPTION, 100, 10);
  assert.deepEqual(key, [[CAPTION.key[0]], [CAPTION.key[1]]]);
  assert.ok(above.length > 3 && above[0].strong && !above.at(-1).strong);
});

test("the drawing keeps its size, and the picture grows by what is said around it", () => {
  const layout = {margin: {l: 50, r: 20, t: 10, b: 30}, annotations: [{text: "end"}], xaxis: {}};
  const look = {width: 600, height: 200, font: 10, color: "black", muted: "gray"};
  const made = withCaption(layout, CAPTION, look);
  const inner = ({margin, height}) => height - margin.t - margin.b;
  assert.equal(inner(made.layout), inner({...layout, height: 200}));
  assert.equal(made.layout.height, made.height);
  assert.equal(made.layout.annotations[0].text, "end");
  const said = made.layout.annotations.slice(1).map(({text}) => text);
  assert.equal(said[0], "<b>flooding: loss</b>");
  assert.equal(said.at(-1), "Trick Lab 1, run abc");
  assert.ok(said.at(-2).includes("baseline") && said.at(-2).includes("color:red"));
  const colors = made.layout.annotations.slice(1).map(({font}) => font.color);
  assert.deepEqual([colors[0], ...colors.slice(-2)], ["black", "black", "gray"]); // the key reads like the title
  assert.deepEqual(layout.margin, {l: 50, r: 20, t: 10, b: 30}); // the chart on the page is left as it is
});

test("what a person typed is said, not obeyed", () => {
  const caption = {title: "a <b>", lines: [], key: [], foot: "x & y"};
  const look = {width: 600, height: 200, font: 10, color: "black", muted: "gray"};
  const {layout} = withCaption({margin: {l: 0, r: 0, t: 0, b: 0}}, caption, look);
  assert.deepEqual(
    layout.annotations.map(({text}) => text),
    ["<b>a &lt;b></b>", "", "x &amp; y"],
  );
});

test("each dash has a sample, turns are told one after another, and a last colon is left out", () => {
  const arms = () => Array.from({length: 7}, (_, index) => ({index, label: String(index)}));
  const turn = (step) => ({name: "flood_level", value: 0.4, step});
  const store = {head: {about: "a: b:"}, events: [turn(1), turn(2)]};
  const dashes = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"];
  const {key, lines, foot} = captionOf({...LAB, arms, store}, "loss", dashes);
  assert.deepEqual(
    key.map(({sample}) => sample),
    ["━━", "╍╍", "┅┅", "┉┅", "╍━", "┉━", "━━"],
  );
  assert.deepEqual(lines, ["a: b", "turned: b 0.4 at step 1; b 0.4 at step 2"]);
  assert.equal(foot, "Trick Lab 1, run ");
});

const ENTRIES = ["abcde", "fghij"].map((text) => ({text, color: "red", sample: "-"}));

test("a caption's room is that of its lines", () => {
  const caption = {title: "t", lines: ["a".repeat(12)], key: ENTRIES, foot: "f"};
  assert.deepEqual(arranged(caption, 104, 10), {
    above: [
      {text: "t", strong: true},
      {text: "a".repeat(12), strong: false},
    ],
    key: [ENTRIES], // each 10 letters of 5.2 pixels
    foot: "f",
    line: 16,
    top: 40,
    bottom: 40,
  });
  assert.equal(arranged(caption, 103, 10).key.length, 2);
  assert.deepEqual(broken("aaaaaa bbbbb c", 62.4, 10), ["aaaaaa bbbbb", "c"]); // twelve letters fit
  assert.equal(arranged({...caption, title: "aaaaaa bbbbb"}, 62.4 * 1.2, 10).above.length, 2); // a title's are larger
  assert.equal(arranged({...caption, title: "aaaaaaaa bbbbbb cc"}, 93.6, 10).above.length, 3);
});

test("the words stand above and below the drawing, its own notes where they were", () => {
  const caption = {title: "t", lines: ["a"], key: ENTRIES, foot: "f"};
  const given = {margin: {l: 50, r: 20, t: 10, b: 30}, font: {size: 9}};
  const look = {width: 600, height: 200, font: 10, color: "black", muted: "gray"};
  const {layout, height} = withCaption(given, caption, look);
  const place = {xref: "paper", yref: "paper", showarrow: false, xanchor: "left", x: 0, xshift: -38};
  const [above, below] = [
    {...place, y: 1, yanchor: "top"},
    {...place, y: 0, yanchor: "bottom"},
  ];
  const key = '<span style="color:red">-</span> ';
  assert.deepEqual(layout, {
    font: {size: 9, family: "Arial, Helvetica, sans-serif"},
    margin: {l: 50, r: 20, t: 50, b: 70},
    width: 600,
    height: 280,
    annotations: [
      {...above, yshift: 44, text: "<b>t</b>", font: {size: 12, color: "black"}},
      {...above, yshift: 28, text: "a", font: {size: 10, color: "black"}},
      {...below, yshift: -50, text: `${key}abcde    ${key}fghij`, font: {size: 10, color: "black"}},
      {...below, yshift: -66, text: "f", font: {size: 10, color: "gray"}},
    ],
  });
  assert.equal(height, 280);
  const tight = {...caption, key: [...ENTRIES, ...ENTRIES]};
  assert.equal(withCaption(given, tight, {...look, width: 127}).layout.annotations.length, 7); // 103 pixels a row
});

test("on a canvas the words are painted above and below, the key in its colors", () => {
  const did = [];
  const pen = new Proxy(
    {measureText: (text) => ({width: text.length})},
    {
      get: (target, name) => target[name] ?? ((...given) => did.push([name, ...given])),
      set: (_, name, value) => Boolean(did.push([name, value])),
    },
  );
  const caption = {title: "t", lines: ["a"], key: ENTRIES, foot: "f"};
  const look = {width: 600, height: 200, font: 10, family: "serif", color: "black", muted: "gray"};
  assert.deepEqual(paintCaption(pen, caption, look), {top: 40, bottom: 40});
  assert.deepEqual(did, [
    ["fillStyle", "black"],
    ["font", "600 12px serif"],
    ["fillText", "t", 0, 0.8 * 16],
    ["fillStyle", "black"],
    ["font", "10px serif"],
    ["fillText", "a", 0, 1.8 * 16],
    ["font", "10px serif"],
    ["fillStyle", "red"],
    ["fillText", "-", 0, 176],
    ["fillStyle", "black"],
    ["fillText", "abcde", 2, 176],
    ["fillStyle", "red"],
    ["fillText", "-", 11, 176],
    ["fillStyle", "black"],
    ["fillText", "fghij", 13, 176],
    ["fillStyle", "gray"],
    ["fillText", "f", 0, 200 - 0.4 * 16],
  ]);
  did.length = 0;
  assert.deepEqual(paintCaption(null, caption, look), {top: 40, bottom: 40});
  paintCaption(pen, {...caption, key: [...ENTRIES, ...ENTRIES]}, {...look, width: 103});
  const rows = did.filter(([name, text]) => name === "fillText" && text === "-").map(([, , , y]) => y);
  assert.deepEqual(rows, [128, 144, 160, 176]);
});
