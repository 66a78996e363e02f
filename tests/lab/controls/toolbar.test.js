import assert from "node:assert/strict";
import {test} from "node:test";
import {Toolbar} from "../../../assets/lab/controls/toolbar.js";
import {Reach} from "../../../assets/lab/data/reach.js";
import {h} from "../../../assets/lab/page/dom.js";
import {happen, outline} from "../dom.js";
import {labOf} from "../lab.js";

/** A toolbar on the page, and how the race was looked at. */
function toolbarOf({steps = 2000, reach = new Reach(), ...view} = {}) {
  const looks = [];
  const lab = labOf(undefined, {
    view: {x: "step", smooth: 1, ghost: false, ...view},
    legend: {element: h("i")},
    reach,
    reset: () => looks.push("reset"),
  });
  lab.look = (changes) => {
    Object.assign(lab.view, changes);
    looks.push(changes);
  };
  lab.config.steps = steps;
  const toolbar = new Toolbar(lab);
  document.body.replaceChildren(toolbar.element);
  return {lab, toolbar, looks};
}

test("the row above the race has its legend, the x axis, the smoothing and the run before", () => {
  const {toolbar} = toolbarOf();
  const button = (value, on) =>
    `    button type=button role=radio data-value=${value} aria-checked=${on} tabindex=${on ? 0 : -1}: lab.axis.short.${value}`;
  assert.equal(
    outline(toolbar.element),
    `div class=lab-toolbar
  i
  div class=lab-segments role=radiogroup aria-label=lab.axis data-name=x
${button("step", true)}
${button("epoch", false)}
${button("seconds", false)}
  label class=lab-field
    span: lab.smooth
    input type=range class=lab-range min=0 max=60 data-range=smooth aria-label=lab.smooth
    output class=lab-smooth-text: lab.smooth.off
  label class=lab-field title=lab.ghost.help
    input type=checkbox data-toggle=ghost
    span: lab.ghost`,
  );
});

test("it shows how the race is looked at, and looks at it otherwise", () => {
  const {toolbar, lab, looks} = toolbarOf({x: "epoch", ghost: true});
  assert.deepEqual([toolbar.axes.value, toolbar.ghost.checked], ["epoch", true]);
  toolbar.axes.buttons.get("seconds").click();
  toolbar.ghost.checked = false;
  happen(toolbar.ghost, "change");
  assert.deepEqual(looks, [{x: "seconds"}, "reset", {ghost: false}]);
  Object.assign(lab.view, {x: "step", ghost: true});
  toolbar.show();
  assert.deepEqual([toolbar.axes.value, toolbar.ghost.checked], ["step", true]);
});

test("smoothing goes from none to a fifth of a run, or to 20 steps", () => {
  const at = (place, steps) => {
    const {toolbar, looks} = toolbarOf({steps});
    toolbar.smoothing.value = String(place);
    happen(toolbar.smoothing, "input");
    return [looks[0].smooth, toolbar.told.textContent];
  };
  assert.deepEqual(at(0, 2000), [1, "lab.smooth.off"]);
  assert.deepEqual(at(30, 2000), [20, "lab.smooth.steps 20"]);
  assert.deepEqual(at(60, 2000), [400, "lab.smooth.steps 400"]);
  assert.deepEqual([at(60, 50)[0], at(60, 101)[0], at(14, 50)[0]], [20, 20, 2]);
  const {smoothing} = toolbarOf({smooth: 20}).toolbar;
  assert.equal(smoothing.value, "30");
});

test("keys take the smoothing from end to end, past places that mean the same", () => {
  const {toolbar} = toolbarOf({steps: 50});
  for (let place = 1; place <= 60; place += 1) {
    toolbar.smoothing.value = String(place);
    happen(toolbar.smoothing, "input");
    assert.equal(toolbar.smoothing.value, String(place));
  }
});

test("the run before is offered where there is one", () => {
  const {toolbar, lab} = toolbarOf();
  toolbar.refresh();
  assert.equal(toolbar.before.hidden, true);
  lab.ghost = {};
  toolbar.refresh();
  assert.equal(toolbar.before.hidden, false);
});

test("how it is looked at is not chosen where that is out of reach; the legend stays", () => {
  const {toolbar, lab} = toolbarOf({reach: new Reach({show: [], lock: [], strict: false})});
  lab.ghost = {};
  toolbar.refresh();
  assert.deepEqual(
    [...toolbar.element.children].map(({hidden}) => hidden),
    [false, true, true, true],
  );
  const held = toolbarOf({reach: new Reach({show: null, lock: ["charts"], strict: false})}).toolbar;
  assert.deepEqual([held.smoothing.disabled, held.ghost.disabled], [true, true]);
  assert.ok([...held.axes.buttons.values()].every(({disabled}) => disabled));
});
