import assert from "node:assert/strict";
import {test} from "node:test";
import {MetricBar} from "../../../assets/lab/controls/metric_bar.js";
import {outline} from "../dom.js";
import {labOf} from "../lab.js";

const CHOICES = [
  {value: "test_loss", label: "loss"},
  {value: "test_accuracy", label: "accuracy"},
];

test("one of the metrics is shown, and another can be", () => {
  const told = [];
  const page = labOf(undefined, {metric: "test_accuracy", setMetric: (metric) => told.push(metric)});
  const bar = new MetricBar(page);
  bar.refresh(CHOICES);
  assert.equal(
    outline(bar.element),
    `div class=many-bar
  span: lab.many.metric
  div class=lab-segments role=radiogroup aria-label=lab.many.metric data-name=metric
    button type=button role=radio data-value=test_loss aria-checked=false tabindex=-1: loss
    button type=button role=radio data-value=test_accuracy aria-checked=true tabindex=0: accuracy`,
  );
  const [loss, accuracy] = bar.element.querySelectorAll("button");
  loss.click();
  assert.deepEqual(told, ["test_loss"]);
  bar.refresh(CHOICES);
  assert.equal(accuracy.getAttribute("aria-checked"), "true"); // as the page has it
  assert.ok(bar.element.querySelector("button") === loss);
  bar.refresh([{value: "test_loss", label: "other"}, CHOICES[1]]);
  assert.equal(bar.element.querySelector("button").textContent, "other");
});
