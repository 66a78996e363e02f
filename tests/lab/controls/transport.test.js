import assert from "node:assert/strict";
import {test} from "node:test";
import {Exports, primaryText, progressText, Transport, wholeBox} from "../../../assets/lab/controls/transport.js";
import {Reach} from "../../../assets/lab/data/reach.js";
import {icon} from "../../../assets/lab/page/dom.js";
import {happen, outline, press} from "../dom.js";
import {labOf, runOf, t} from "../lab.js";

const TASKS = [
  {name: "digits", label: "Digits"},
  {name: "words", label: "Words"},
];

/** A transport on the page, and what it asks of its lab; what is set there holds at once. */
function transportOf({store, state = store?.state, config = {}, ...more} = {}) {
  const told = [];
  const lab = labOf(store, {state, seed: 7, steps: 2000, speed: null, starting: false, ...more});
  Object.assign(lab.config, {
    tasks: [TASKS[0]],
    task: "digits",
    limits: {steps: [1, 100_000], seed: [0, 99]},
    ...config,
  });
  for (const name of [
    "toggle",
    "oneStep",
    "restart",
    "reseed",
    "report",
    "setTask",
    "say",
    "setSpeed",
    "setSteps",
    "setSeed",
  ])
    lab[name] = (...given) => {
      const part = /^set(Speed|Steps|Seed)$/.exec(name)?.[1].toLowerCase();
      if (part) lab[part] = given[0];
      told.push([name, ...given]);
    };
  const transport = new Transport(lab);
  document.body.replaceChildren(transport.element);
  return {lab, transport, told};
}

const drawingless = (element) => outline(element).replace(/path d=.*/g, "path");

test("the row has its buttons, the speed, the steps, the seed and how far the run has come", () => {
  const {transport} = transportOf();
  const button = (action, label) =>
    `    button type=button class=lab-button title=${label} aria-label=${label} data-action=${action}
      svg viewBox=0 0 24 24 aria-hidden=true class=lab-icon
        path`;
  const box = (name) =>
    `  label class=lab-field
    span: lab.${name}
    input type=text inputmode=numeric autocomplete=off class=lab-box aria-label=lab.${name} data-box=${name}`;
  assert.equal(
    drawingless(transport.element),
    `div class=lab-transport role=toolbar aria-label=lab.transport
  div class=lab-buttons
    button type=button class=lab-button lab-primary data-action=run: lab.run
      svg viewBox=0 0 24 24 aria-hidden=true class=lab-icon
        path
${button("step", "lab.step.one")}
${button("restart", "lab.restart")}
${button("reseed", "lab.reseed")}
  label class=lab-field
    span: lab.speed
    input type=range class=lab-range min=0 max=100 step=1 aria-label=lab.speed data-range=speed title= aria-valuetext=lab.speed.free
    output class=lab-speed-text: lab.speed.free
${box("steps")}
${box("seed")}
  div class=lab-progress
    div class=lab-bar role=progressbar aria-label=lab.progress aria-valuemin=0 aria-valuemax=2000 aria-valuenow=0
      span style=transform: scaleX(0);
    span class=lab-where: lab.progress.before 2,000`,
  );
  assert.deepEqual([transport.steps.value, transport.seed.value, transport.speed.value], ["2,000", "7", "100"]);
});

test("each button looks like what it does, and does it", () => {
  const {transport, told} = transportOf();
  const drawings = [...transport.element.querySelectorAll("button svg")].map((svg) => svg.outerHTML);
  assert.deepEqual(
    drawings,
    ["run", "step", "restart", "reseed"].map((name) => icon(name).outerHTML),
  );
  for (const button of transport.element.querySelectorAll("button")) button.click();
  assert.deepEqual(told, [["toggle"], ["oneStep"], ["restart"], ["reseed"]]);
});

test("an interrupted run is gone on with by its owner; whoever else sees it begins one of their own", () => {
  const {lab, transport} = transportOf();
  const shown = [true, false].map((isInterrupted) => {
    Object.assign(lab, {state: "interrupted", isInterrupted});
    transport.refresh();
    return transport.primary.textContent;
  });
  assert.deepEqual(shown, ["lab.go_on", "lab.run"]);
});

test("the first button says what it would do to the run", () => {
  const texts = [undefined, "running", "paused", "finished", "failed", "stopped", "interrupted"].map((state) =>
    primaryText(state, t),
  );
  const again = "lab.run.again";
  assert.deepEqual(texts, ["lab.run", "lab.pause", "lab.resume", again, again, again, "lab.go_on"]);
  const {lab, transport} = transportOf();
  const {primary} = transport;
  const shown = [];
  for (const state of ["running", "paused", "finished"]) {
    Object.assign(lab, {state, starting: state === "paused"});
    transport.refresh();
    shown.push([primary.dataset.action, primary.textContent, primary.hasAttribute("data-busy")]);
  }
  assert.deepEqual(shown, [
    ["pause", "lab.pause", false],
    ["run", "lab.resume", true],
    ["run", "lab.run.again", false],
  ]);
  const node = primary.firstChild;
  transport.refresh();
  assert.ok(primary.firstChild === node);
});

test("whoever looks on can start a run, and neither pause nor pace that one: why is said on what is dimmed", () => {
  const {lab, transport} = transportOf({state: "running", store: runOf([{}])});
  const {primary, stepping, speed} = transport;
  const shown = () => [primary.textContent, stepping.disabled, stepping.title, speed.disabled, speed.title];
  const own = ["lab.pause", false, "lab.step.one", false, ""];
  assert.deepEqual(shown(), own);
  Object.assign(lab, {looksOn: true, wheel: "visit", isDead: (action) => action === "step"});
  transport.refresh();
  assert.deepEqual(shown(), ["lab.run", true, "lab.wheel.visit", true, "lab.wheel.visit"]);
  assert.deepEqual([primary.dataset.action, primary.disabled], ["run", false]);
  Object.assign(lab, {looksOn: false, wheel: "steer", isDead: () => false});
  transport.refresh();
  assert.deepEqual(shown(), own);
});

test("how far a run has come is said, and while it goes on how fast and how long still", () => {
  const said = (run) => progressText({run: "r", step: 1500, state: "running", ...run}, 2000, t).split(" · ");
  const come = ["lab.progress.step 1,500 2,000", "lab.progress.epoch 2.1"];
  const head = {steps_per_epoch: 700, rate: 123.45, eta_s: 12};
  assert.deepEqual(said({head}), [...come, "lab.progress.rate 123", "lab.progress.left lab.time.seconds 12"]);
  assert.deepEqual(said({head: {...head, rate: undefined, eta_s: null}}), come);
  assert.deepEqual(said({head, state: "paused"}), [...come, "lab.state.paused"]);
  const child = {head: {...head, fork: {run: "a", step: 1280}}, state: "paused"};
  assert.deepEqual(said(child), [...come, "lab.state.paused", "lab.progress.fork 1,280"]);
  const past = {head: {...head, begun_at: Date.UTC(2020, 4, 17, 12) / 1000}, state: "finished"};
  assert.deepEqual(said(past), [...come, "lab.state.finished", "lab.progress.past May 17, 2020"]);
  assert.deepEqual(said({run: null, head}), ["lab.progress.before 2,000"]);
  assert.deepEqual(said({head: {...head, making: "Training the teacher: 40 %."}}), ["Training the teacher: 40 %."]);
});

test("the bar is as long as the part that is done", () => {
  const {lab, transport} = transportOf({store: runOf([{}, {}], {step: 4, steps: 10})});
  const bar = () => [
    transport.bar.firstChild.style.transform,
    transport.bar.getAttribute("aria-valuemax"),
    transport.bar.getAttribute("aria-valuenow"),
    transport.where.textContent.split(" · ")[0],
  ];
  assert.deepEqual(bar(), ["scaleX(0.4)", "10", "4", "lab.progress.step 4 10"]);
  assert.equal(transport.seeded.textContent, "lab.progress.seed 7");
  assert.equal(transport.seeded.className, "lab-where");
  lab.store.head.spec.seed = 8;
  transport.refresh();
  assert.equal(transport.seeded.textContent, "lab.progress.seed 8");
  assert.equal(transportOf({steps: 0}).transport.bar.firstChild.style.transform, "scaleX(0)");
});

test("the speed is said in steps a second; its slider ends at one and as fast as it goes", () => {
  const {transport, told} = transportOf({speed: 12.3});
  assert.deepEqual([transport.speedText.textContent, transport.speed.value], ["lab.speed.paced 12", "35"]);
  for (const place of [0, 96, 97, 100]) {
    transport.speed.value = String(place);
    happen(transport.speed, "input");
  }
  happen(transport.speed, "change");
  assert.deepEqual(told, [...[1, 1000, null, null].map((speed) => ["setSpeed", speed]), ["report"]]);
});

test("keys take the speed's slider from end to end, past places that mean the same", () => {
  const {transport, lab} = transportOf();
  for (const [end, turn] of [
    [0, -1],
    [100, 1],
  ])
    for (let presses = 100; presses; presses -= 1) {
      const place = Number(transport.speed.value) + turn;
      transport.speed.value = String(place);
      happen(transport.speed, "input");
      transport.refresh();
      assert.equal(transport.speed.value, String(place), `on the way to ${end}`);
    }
  lab.speed = 1; // told by others
  transport.refresh();
  assert.equal(transport.speed.value, "0");
});

test("steps and seed wait for the next start where they differ from the run's, and are left alone while they are typed", () => {
  const {lab, transport} = transportOf();
  const waits = () => [transport.steps, transport.seed].map((box) => box.hasAttribute("data-pending"));
  assert.deepEqual(waits(), [false, false]);
  lab.store = runOf([{}]);
  Object.assign(lab.store.head.spec, {steps: 2000, seed: 8});
  transport.refresh();
  assert.deepEqual(waits(), [false, true]);
  Object.assign(lab.store.head.spec, {steps: 2001, seed: 7});
  transport.refresh();
  assert.deepEqual(waits(), [true, false]);
  for (const box of [transport.steps, transport.seed]) {
    const kept = box.value;
    box.focus();
    box.value = "33";
    transport.refresh();
    assert.equal(box.value, "33");
    box.blur();
    assert.equal(box.value, kept);
  }
});

test("a box takes whole numbers within its limits, and says why no others", () => {
  const {lab, transport, told} = transportOf();
  const typed = (box, ...texts) => {
    for (const text of texts) {
      box.value = text;
      happen(box, "change");
    }
    return told.splice(0);
  };
  assert.deepEqual(typed(transport.steps, "1", "100,000"), [
    ["setSteps", 1],
    ["setSteps", 100_000],
  ]);
  assert.deepEqual(typed(transport.seed, "0", "99"), [
    ["setSeed", 0],
    ["setSeed", 99],
  ]);
  const refused = (rule, name, text, low, high, kept) => [
    ["say", "refused", `lab.refused.${rule} lab.${name} ${text} ${low} ${high} ${kept}`],
  ];
  lab.steps = 2000;
  assert.deepEqual(typed(transport.steps, "0"), refused("range", "steps", "0", "1", "100,000", "2,000"));
  assert.deepEqual(typed(transport.seed, "100"), refused("range", "seed", "100", "0", "99", "99"));
  assert.deepEqual(typed(transport.seed, "12.5"), refused("whole", "seed", "12.5", "0", "99", "99"));
  assert.deepEqual(typed(transport.seed, "x"), refused("number", "seed", "x", "0", "99", "99"));
});

test("a box is selected when it is entered, and left by Enter alone", () => {
  const box = wholeBox({t}, {name: "n", label: "N", low: 0, high: 9, kept: () => 3, take() {}});
  document.body.replaceChildren(box);
  let selected = 0;
  box.select = () => (selected += 1);
  box.focus();
  press(box, "1");
  assert.deepEqual([selected, document.activeElement === box], [1, true]);
  press(box, "Enter");
  assert.equal(document.activeElement === box, false);
});

test("where there is more than one task, another can be chosen", () => {
  const {transport, told} = transportOf({config: {tasks: TASKS, task: "words"}});
  const select = transport.element.querySelector("select");
  assert.equal(
    outline(select.parentElement),
    `label class=lab-field
  span: lab.task
  select class=lab-select data-select=task aria-label=lab.task
    option value=digits: Digits
    option value=words selected=: Words`,
  );
  select.value = "digits";
  happen(select, "change");
  assert.deepEqual(told, [["setTask", "digits"]]);
});

test("a run's data can be had, once there is a run", () => {
  const lab = labOf(undefined, {config: {export: "/export", forms: {csv: 100}}});
  const exports = new Exports(lab);
  exports.refresh();
  assert.equal(exports.element.hidden, true);
  lab.store = runOf([{}]);
  exports.refresh();
  const link = (format) =>
    `  a class=lab-tool lab-kept data-export=${format} download= title=lab.export.${format} href=/export/r.${format}: ${format.toUpperCase()}`;
  const more = "  button type=button class=lab-tool data-action=take-home title=lab.take.help: lab.take";
  assert.equal(
    outline(exports.element),
    ["span class=lab-exports role=group aria-label=lab.export", link("csv"), link("json"), more].join("\n"),
  );
  lab.config.export = "/elsewhere";
  exports.refresh();
  assert.equal(exports.links[0].getAttribute("href"), "/export/r.csv"); // the same run has the same links
  lab.ticket = (run) => `${run}.key`;
  lab.store = runOf([{}], {run: "shared"});
  exports.refresh();
  assert.equal(exports.links[0].getAttribute("href"), "/elsewhere/shared.key.csv"); // as it was opened
  document.body.append(exports.box.element);
  exports.more.click();
  const taken = (form) => exports.box.links.find((one) => one.dataset.form === form).getAttribute("href");
  assert.deepEqual([taken("csv"), taken("bundle")], ["/elsewhere/shared.key.csv", "/elsewhere/shared.key.bundle"]);
});

test("what is hidden of it is not there, what is locked is held also while it is refreshed", () => {
  const told = {show: ["task", "speed", "seed"], lock: ["speed", "seed"], strict: false};
  const {transport} = transportOf({reach: new Reach(told), config: {tasks: TASKS}});
  transport.refresh();
  const field = (control) => control.closest("label");
  assert.deepEqual([field(transport.steps).hidden, field(transport.seed).hidden], [true, false]);
  assert.deepEqual([transport.speed.disabled, transport.seed.disabled, transport.steps.disabled], [true, true, false]);
  assert.deepEqual([transport.speed.title, field(transport.seed).title], ["lab.reach.locked", "lab.reach.locked"]);
  assert.equal(transport.element.querySelector("[data-select=task]").disabled, false);
  const reseed = transport.element.querySelector("[data-action=reseed]");
  assert.equal(reseed.title, "lab.reach.locked");
  const without = transportOf({reach: new Reach({show: [], lock: [], strict: false})}).transport.element;
  assert.equal(without.querySelector("[data-action=reseed]").hidden, true);
});
