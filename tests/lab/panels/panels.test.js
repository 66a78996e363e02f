import assert from "node:assert/strict";
import {test} from "node:test";
import {fitting, Panels} from "../../../assets/lab/panels/panels.js";
import {outline, sized} from "../dom.js";
import {labOf, runOf} from "../lab.js";

test("as many panels are shown as fit, the chosen one first, and the others behind tabs", () => {
  const shown = (room, first = 0, scale = 1, least = [100, 100, 200]) => {
    const found = fitting(least, {room, first, scale});
    return [found.all, [...found.shown].sort()];
  };
  assert.deepEqual(shown(400), [true, [0, 1, 2]]);
  assert.deepEqual(shown(399), [false, [0, 1]]);
  assert.deepEqual(shown(232), [false, [0, 1]]); // 32 for the tabs
  assert.deepEqual(shown(231), [false, [0]]);
  assert.deepEqual(shown(10), [false, [0]]); // one always
  assert.deepEqual(shown(332, 1), [false, [1, 2]]);
  assert.deepEqual(shown(332, 2), [false, [0, 2]]);
  assert.deepEqual(shown(331, 2), [false, [2]]);
  assert.deepEqual(shown(800, 0, 2), [true, [0, 1, 2]]);
  assert.deepEqual(shown(464, 0, 2), [false, [0, 1]]);
  assert.deepEqual(shown(463, 0, 2), [false, [0]]);
  assert.deepEqual(shown(0, 0, 1, []), [true, []]);
});

const PANELS = ["lines", "layers", "curve", "bars", "scatter", "images"].map((kind) => {
  return {kind, id: kind, title: kind.toUpperCase(), arrays: [], y: [], columns: 2};
});

function panelsIn(height, more = {}) {
  const lab = labOf(more.store, {font: 12, narrow: false, ...more});
  lab.config = {...lab.config, panels: more.declared ?? PANELS.slice(0, 3)};
  const panels = new Panels(lab);
  sized(panels.element, 300, height);
  panels.arrange();
  return panels;
}
const seen = (panels) => panels.panels.filter(({element}) => !element.hidden).map(({id}) => id);

test("each panel is of its kind", () => {
  const kinds = panelsIn(2000, {declared: PANELS}).panels.map(({inside}) => inside.constructor.name);
  assert.deepEqual(kinds, ["OverSteps", "Layers", "Curve", "Bars", "Scatter", "Pictures"]);
});

test("a tab brings its panel to the front", () => {
  const panels = panelsIn(152 + 32);
  assert.deepEqual([seen(panels), panels.tabs.hidden], [["lines"], false]);
  panels.panels[2].stale = false;
  panels.buttons[2].click();
  assert.deepEqual([seen(panels), panels.panels[2].stale], [["curve"], true]);
  assert.deepEqual(
    panels.panels.map(({element}) => element.style.order),
    ["1", "2", "0"],
  );
  assert.equal(
    outline(panels.tabs),
    `div class=lab-tabs role=tablist aria-label=lab.inside
  button type=button role=tab aria-selected=false: LINES
  button type=button role=tab aria-selected=false: LAYERS
  button type=button role=tab aria-selected=true: CURVE`,
  );
  assert.equal(outline(panels.element).split("\n")[0], "section class=lab-inside aria-label=lab.inside");
  assert.equal(panels.box.className, "lab-panels");
  panels.panels[0].stale = false;
  panels.arrange();
  assert.equal(panels.panels[0].stale, false); // hidden as before
});

test("a phone scrolls past all of them, once there is a run", () => {
  assert.deepEqual(seen(panelsIn(10, {narrow: true})), ["lines"]);
  const panels = panelsIn(10, {narrow: true, store: runOf([{}, {}])});
  assert.deepEqual([seen(panels).length, panels.tabs.hidden], [3, true]);
  assert.ok(panels.buttons.every((button) => button.getAttribute("aria-selected") === "true"));
  assert.equal(seen(panelsIn(3 * 152, {font: 12})).length, 3);
  assert.equal(seen(panelsIn(3 * 152, {font: 13})).length, 2);
});

test("they are arranged anew with a new run or another size, and all of them are touched", () => {
  const panels = panelsIn(152 + 32);
  for (const panel of panels.panels) panel.stale = false;
  panels.lab.store = runOf([{}, {}]);
  sized(panels.element, 300, 999);
  panels.touch(true);
  assert.deepEqual([seen(panels).length, panels.panels.every(({stale}) => stale)], [3, true]);
  sized(panels.element, 300, 10);
  panels.touch();
  assert.equal(seen(panels).length, 3);
  assert.equal(panels.sizes.element, panels.element);
  document.body.append(panels.element);
  panels.destroy();
  assert.deepEqual([panels.sizes.element, panels.box.children.length], [null, 0]);
});
