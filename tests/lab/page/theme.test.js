import assert from "node:assert/strict";
import {test} from "node:test";
import {h} from "../../../assets/lab/page/dom.js";
import {blend, channels, DASHES, faint, readTheme, SYMBOLS, watchTheme} from "../../../assets/lab/page/theme.js";
import {happen} from "../dom.js";

/** The theme where the page's text, ground and accent have those colors; what is left out the page does not say. */
function themeOf({text = "", ground = "", accent = ""} = {}) {
  const said = {"--lab-text-color": text, "--lab-ground": ground, "--st-primary-color": accent};
  globalThis.getComputedStyle = (root) => ({fontFamily: root, getPropertyValue: (name) => said[name]});
  return readTheme("serif");
}

const gray = (value) => `rgb(${value},${value},${value})`;

test("lines and words are shades between the text and the ground", () => {
  const {arms, groups, ...theme} = themeOf({text: "#000000", ground: "#c8c8c8", accent: "#0000ff"});
  assert.deepEqual(theme, {
    dark: false,
    text: gray(0),
    ground: gray(200),
    muted: gray(56), // 28 % of 200
    grid: gray(180),
    axis: gray(140),
    soft: gray(168),
    accent: "rgb(0,0,255)",
    onAccent: "#fff",
    family: "serif",
  });
  assert.deepEqual(arms.slice(0, 2), ["#6f7378", "rgb(0,0,255)"]);
  assert.deepEqual(groups, ["#0072b2", "#c17f00", "#00896a", "#d55e00", "#b8628f", "#2f8fc6"]);
});

test("a page that says no colors is light, with a blue accent", () => {
  const {text, ground, accent, arms} = themeOf();
  assert.deepEqual([text, ground, accent], ["rgb(31,35,40)", gray(255), "rgb(0,114,178)"]);
  assert.deepEqual(arms, ["#6f7378", accent, "#c17f00", "#d55e00", "#b8628f"]);
  assert.equal(themeOf({text: "  "}).text, text);
});

test("on a dark ground all colors are lighter", () => {
  const {dark, accent, arms, groups} = themeOf({text: "#ffffff", ground: "#000000"});
  assert.deepEqual([dark, accent], [true, "rgb(74,168,224)"]);
  assert.deepEqual(arms, ["#a3a6ab", accent, "#f0b429", "#ff8a3d", "#dd94bd"]);
  assert.deepEqual(groups, ["#4aa8e0", "#f0b429", "#2cc79b", "#ff8a3d", "#dd94bd", "#7cc7f2"]);
});

test("which is darker, the text or the ground, goes by how bright a color is to the eye", () => {
  // Red has 0.2126 of white's light, green 0.7152, blue 0.0722; 0.58 of the signal is 0.3 of the light.
  const isDark = (text, ground) => themeOf({text, ground}).dark;
  assert.equal(isDark("#ff0000", "#0000ff"), true);
  assert.equal(isDark("#00ff00", "#ff00ff"), true);
  assert.equal(isDark("#009400", "#ff0000"), false); // 0.2118
  assert.equal(isDark("#009600", "#ff0000"), true); // 0.2181
  assert.equal(isDark("#0a0a0a", "#0b0b0b"), false);
});

test("what stands on the accent is white where that can be read, else black", () => {
  // White stands out 4.54 : 1 from #767676, 4.48 : 1 from #777777, black 4.62 and 4.69.
  const on = (accent) => themeOf({accent}).onAccent;
  assert.deepEqual(["#000000", "#767676", "#777777", "#ffffff"].map(on), ["#fff", "#fff", "#000", "#000"]);
});

test("no other arm has a color close to the accent's", () => {
  const blues = (accent) => themeOf({accent}).arms.filter((color) => ["#0072b2", "#2f8fc6"].includes(color));
  assert.deepEqual(blues("rgb(0, 114, 68)"), ["#2f8fc6"]); // 110 from the first
  assert.deepEqual(blues("rgb(0,114,67)"), ["#0072b2", "#2f8fc6"]);
});

test("beside a red accent there is no green", () => {
  assert.deepEqual(themeOf({accent: "#ff4b4b"}).arms.slice(2), ["#0072b2", "#c17f00", "#2f8fc6"]);
  const green = (accent) => themeOf({accent}).arms.includes("#00896a");
  assert.deepEqual(["rgb(180,0,0)", "rgb(181,0,0)", "rgb(181,109,0)", "rgb(181,110,0)"].map(green), [
    true,
    false,
    false,
    true,
  ]);
});

test("arms that share a dash differ in their marker, and the baseline's is hollow", () => {
  const known = ["solid", "dot", "dash", "longdash", "dashdot", "longdashdot"]; // to plotly.js
  assert.ok(DASHES.every((dash) => known.includes(dash)));
  assert.deepEqual([DASHES.length, new Set(DASHES.slice(0, 6)).size, new Set(SYMBOLS).size], [8, 6, 8]);
  assert.equal(SYMBOLS.filter((symbol) => /^[a-z-]+$/.test(symbol)).length, 8);
  assert.deepEqual(
    SYMBOLS.filter((symbol) => symbol.endsWith("-open")),
    [SYMBOLS[0]],
  );
});

test("a color is let through in part, or mixed with its ground", () => {
  assert.deepEqual(channels("#0a14ff"), [10, 20, 255]);
  assert.deepEqual(channels("#0A14FF"), [10, 20, 255]);
  assert.equal(faint("rgb(1, 20,255)", 0.5), "rgba(1,20,255,0.5)");
  assert.equal(blend("#640000", "#00c800", 0.25), "rgb(25,150,0)");
  assert.deepEqual([channels(""), channels(undefined)], [null, null]);
});

test("a color that is said otherwise is read off a canvas, once over nothing", () => {
  const drawn = [];
  const pen = {
    clearRect: (...place) => drawn.push(["clear", ...place]),
    set fillStyle(color) {
      drawn.push(color);
    },
    fillRect: (...place) => drawn.push(["fill", ...place]),
    getImageData: (...place) => {
      drawn.push(["read", ...place]);
      return {data: [1, 2, 3, 255]};
    },
  };
  const asked = [];
  const {getContext} = h("canvas").constructor.prototype;
  h("canvas").constructor.prototype.getContext = (...given) => asked.push(given) && pen;
  assert.deepEqual(channels(" teal "), [1, 2, 3]);
  assert.deepEqual(drawn, [["clear", 0, 0, 1, 1], "#000", "teal", ["fill", 0, 0, 1, 1], ["read", 0, 0, 1, 1]]);
  for (const color of ["rgb(1,2,3,0.5)", "arrgb(1,2,3)", "#0000001", "a#000000", "rgb(1,2,3)x", "#00g000"]) {
    drawn.length = 0;
    assert.deepEqual(channels(color), [1, 2, 3]);
    assert.equal(drawn[2], color);
  }
  assert.deepEqual(asked, [["2d", {willReadFrequently: true}]]);
  h("canvas").constructor.prototype.getContext = getContext;
});

test("a change of the page's theme is heard until that is ended", () => {
  const sentinel = h("span");
  let heard = 0;
  const end = watchTheme(sentinel, () => (heard += 1));
  happen(sentinel, "transitionrun");
  end();
  happen(sentinel, "transitionrun");
  assert.equal(heard, 1);
});
