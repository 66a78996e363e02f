import assert from "node:assert/strict";
import {test} from "node:test";
import {arranged, broken, captionOf, withCaption} from "../../../assets/lab/charts/pictures.js";
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
    head: {about: "Two spirals, b 0.2, 300 steps, seed 100", public_id: "abc"},
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
