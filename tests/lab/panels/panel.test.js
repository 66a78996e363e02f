import assert from "node:assert/strict";
import {test} from "node:test";
import {Bars} from "../../../assets/lab/panels/bars.js";
import {Panel} from "../../../assets/lab/panels/panel.js";
import {Scatter} from "../../../assets/lab/panels/scatter.js";
import {called, mounted} from "../dom.js";
import {labOf, plain, runOf} from "../lab.js";

const LAB = labOf(runOf([{}, {probes: {p: [[1, [1, 2]]]}}]));

test("a panel is a chart of what it shows, as large as it is, that nobody zooms", () => {
  const declared = {id: "amounts", title: "Amounts", caption: "what", array: "p"};
  const panel = new Panel(LAB, declared, Bars);
  mounted(panel, 300, 150);
  assert.deepEqual([panel.id, panel.title, panel.name.title, panel.least], ["amounts", "Amounts", "what", 152]);
  panel.paint();
  assert.deepEqual([called[0].layout.dragmode, called[0].layout.width], [false, 300]);
  assert.deepEqual(plain(panel.figure()), plain(new Bars(LAB, declared, panel).figure()));
  assert.deepEqual(panel.rows().rows, [
    ["0", "1.00"],
    ["1", "2.00"],
  ]);
  panel.reset();
  assert.deepEqual([panel.inside.calm.size, panel.stale], [0, true]);
});

test("a panel of paths is square, and needs more room", () => {
  const panel = (paths) => new Panel(LAB, {id: "a", title: "A", paths}, Scatter);
  assert.deepEqual([panel(true).element.hasAttribute("data-square"), panel(true).least], [true, 304]);
  assert.equal(panel(undefined).element.hasAttribute("data-square"), false);
});
