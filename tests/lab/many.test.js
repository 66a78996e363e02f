import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {mount} from "../../assets/lab/many.js";
import {Store} from "../../assets/lab/data/store.js";
import {called, sized} from "./dom.js";
import {leased, open, pass, reset} from "./study_server.js";

beforeEach(reset);

const LABELS = {
  "lab.many.hint": "{arms} networks",
  "lab.many.best": "Best on {metric}: {arm}, {value} ({difference}).",
  "lab.many.best.baseline": "Best on {metric}: the baseline, {value}.",
  "lab.many.response": "{metric} over {knob}",
  "lab.many.differences": "{metric}: to the baseline",
  "array.train_loss": "training loss",
};
const arm = (tricks, knobs = {}) => ({name: tricks.join("+") || "baseline", tricks, knobs});
const SPEC = {
  seed: 100,
  steps: 200,
  settings: {lr: 0.1},
  arms: [arm([]), arm(["a", "b"]), arm(["b"]), arm(["a"])],
};
const PLAIN = {
  kind: "combine",
  trick: "combine",
  lease: "combine",
  tasks: [],
  spec: SPEC,
  called: ["baseline", "both", "b alone", "a alone"],
  start: {trick: "combine", tricks: ["a", "b"]},
  blocked: "",
  seed: 100,
  steps: 200,
  speed: null,
  titles: {a: "Alpha", b: "Beta"},
  knobs: [{name: "rate", symbol: "η", label: "rate", unit: "", choices: [], neutral: 0}],
  swept: "",
  metrics: [
    {name: "test_loss", label: "loss", better: "lower"},
    {name: "test_accuracy", label: "accuracy", better: "higher"},
  ],
  judged: "test_loss",
  language: "en",
  labels: LABELS,
  limits: {seed: [0, 9999], steps: [1, 10000], first_explored_seed: 100},
  version: 7,
  socket: "live",
  plotly: "plotly.js",
  export: "/export",
};
const SWEPT = {
  ...PLAIN,
  kind: "sweep",
  trick: "a",
  lease: "sweep.a",
  spec: {...SPEC, arms: [arm([]), ...[1, 2, 3, 4, 5].map((rate) => arm(["a"], {rate}))]},
  called: ["baseline", "1", "2", "3", "4", "5"],
  start: {trick: "a", sweep: {rate: [1, 2, 3, 4, 5]}},
  swept: "rate",
};

const snapshot = (more = {}) => ({
  type: "snapshot",
  run: "r",
  spec: PLAIN.spec,
  called: PLAIN.called,
  state: "running",
  step: 100,
  steps: 200,
  steps_per_epoch: 20,
  ...more,
});
const tests = (...losses) =>
  losses.flatMap((loss, at) => [
    {group: "test", arm: at, name: "step", values: [100]},
    {group: "test", arm: at, name: "test_loss", values: [loss]},
    {group: "test", arm: at, name: "test_accuracy", values: [1 - loss]},
  ]);
const shown = (lab) => lab.all("[data-arm] .many-arm[aria-pressed=true] span").map(({textContent}) => textContent);
const classes = (lab) => [...lab.find(".many-body").children].map(({className}) => className);

test("of tricks together the table comes first, of a sweep the curves", async () => {
  const lab = await open(mount, PLAIN);
  assert.deepEqual([lab.find(".lab").className, lab.find(".lab").dataset.kind], ["lab many", "combine"]);
  const [read, drawn] = [
    ["many-standings", "many-table many-parts", "many-story"],
    ["many-bar", "many-charts", "many-multiples"],
  ];
  assert.deepEqual(classes(lab), ["lab-transport", "lab-voice", ...read, ...drawn]);
  assert.deepEqual(
    lab.all("[data-chart]").map(({dataset}) => dataset.chart),
    ["race-1", "differences"],
  );
  assert.deepEqual([lab.text(".lab-line"), lab.text(".many-story")], ["4 networks", "lab.many.story"]);
  assert.deepEqual(shown(lab), ["baseline", "both"]);
  assert.equal(lab.find(".lab-progress .lab-exports").hidden, true);
  assert.equal(lab.text("[data-chart=race-1] .lab-empty"), "4 networks");
  assert.equal(lab.plotted("race-1").layout.xaxis.range[1], 200);
  assert.equal(lab.find("[data-tool=log]").getAttribute("aria-pressed"), "false");
  assert.ok(document.head.querySelector("link").dataset.sheets.includes("many"));
  const sweep = await open(mount, SWEPT);
  assert.deepEqual(classes(sweep), ["lab-transport", "lab-voice", ...drawn, ...read]);
  assert.deepEqual(
    sweep.all("[data-chart]").map(({dataset}) => dataset.chart),
    ["race-1", "response"],
  );
  assert.deepEqual(shown(sweep), ["baseline", "1", "3", "5"]);
  assert.equal(sweep.text("[data-chart=response] .lab-chart-title"), "loss over rate");
});

test("a run starts at a press, as it is set, and its arms stand in the table and on the charts", async () => {
  const lab = await open(mount, PLAIN);
  await lab.press("[data-action=run]");
  assert.deepEqual(lab.told, [
    {type: "start", trick: "combine", tricks: ["a", "b"], seed: 100, steps: 200, speed: null, paused: false},
  ]);
  await lab.say(snapshot(), tests(0.5, 0.25, 0.75, 0.5));
  assert.deepEqual(
    lab.all("[data-arm] td:nth-of-type(3)").map(({textContent}) => textContent),
    ["0.500", "lab.standings.best", "0.750", "0.500"],
  );
  assert.equal(lab.all("[data-trick]").length, 2);
  assert.deepEqual([lab.text(".lab-line"), lab.find(".lab-exports").hidden], ["", false]);
  assert.deepEqual(leased("combine"), {
    run: "r",
    settings: JSON.stringify({start: PLAIN.start, seed: 100, steps: 200}),
  });
  const names = lab.plotted("race-1").data.flatMap(({name}) => name ?? []);
  assert.deepEqual([...new Set(names)], ["baseline", "both"]);
});

test("rows are added, and at the end it is said who is best", async () => {
  const lab = await open(mount, PLAIN);
  await lab.say({type: "rows", step: 5}); // of no run that is watched
  assert.equal(lab.text(".lab-line"), "4 networks");
  await lab.say(snapshot(), tests(0.5, 0.25, 0.75, 0.5));
  const probe = {group: "probe", arm: 0, name: "p", step: 1, values: [1]};
  await lab.say({type: "rows", state: "finished", step: 200}, [probe]);
  assert.equal(lab.text(".lab-line"), "lab.many.state.finished Best on loss: both, 0.250 (−0.25). lab.end.caution");
  await lab.press("[data-value=test_accuracy]");
  assert.equal(lab.text(".lab-line"), "lab.many.state.finished Best on accuracy: both, 0.750 (+0.25). lab.end.caution");
  await lab.say({type: "rows", note: "A note."});
  assert.match(lab.text(".lab-line"), /^A note\. lab/);
  await lab.say({type: "rows"});
  assert.match(lab.text(".lab-line"), /^A note\. lab/);
  await lab.say({type: "rows", note: null});
  assert.match(lab.text(".lab-line"), /^lab\.many/);
});

test("another metric is charted under its name", async () => {
  const lab = await open(mount, PLAIN);
  await lab.say(snapshot(), tests(0.5, 0.25, 0.75, 0.5));
  const zoomed = lab.find("[data-chart=race-1] [data-tool=unzoom]");
  zoomed.hidden = false;
  await lab.press("[data-value=test_accuracy]");
  await pass(1000);
  assert.equal(zoomed.hidden, true);
  assert.equal(lab.text("[data-chart=race-1] .lab-chart-title"), "accuracy");
  assert.equal(lab.text("[data-chart=differences] .lab-chart-title"), "accuracy: to the baseline");
  assert.deepEqual(lab.plotted("differences").data[0].x, [0.25, -0.25, 0]);
  assert.deepEqual(
    lab
      .plotted("race-1")
      .data.map(({y}) => Array.from(y))
      .filter(({length}) => length),
    [[0.5], [0.75]],
  );
  assert.equal(lab.text(".many-parts th"), "lab.many.parts");
});

test("a person puts arms on the large chart", async () => {
  const lab = await open(mount, PLAIN);
  await lab.say(snapshot(), tests(0.5, 0.25, 0.75, 0.5));
  await lab.press("[data-arm='3'] button");
  await pass(1000);
  assert.deepEqual(shown(lab), ["baseline", "both", "a alone"]);
  assert.deepEqual(
    lab.all("[data-arm] path").map((path) => path.getAttribute("stroke-dasharray")),
    ["5 4", "", "1.5 3.5"],
  );
  const looks = lab.all("[data-arm] path").map((path) => path.getAttribute("stroke"));
  assert.equal(new Set(looks).size, 3);
  assert.equal(lab.all("[data-arm='2'] path").length, 0);
});

test("what is set waits for the next run, which is said; the arms are those of the run that goes on", async () => {
  const lab = await open(mount, PLAIN);
  await lab.say(snapshot());
  const waits = () => !lab.find(".lab-pending").hasAttribute("hidden");
  assert.equal(waits(), false);
  const box = lab.find("[data-box=steps]");
  box.value = "300";
  box.dispatchEvent(new document.defaultView.Event("change"));
  assert.deepEqual([waits(), lab.states], [true, [["settings", {seed: 100, steps: 300}]]]);
  assert.ok(box.hasAttribute("data-pending"));
  assert.equal(JSON.parse(leased("combine").settings).steps, 300);
  const seed = lab.find("[data-box=seed]");
  seed.value = "-1";
  seed.dispatchEvent(new document.defaultView.Event("change"));
  assert.equal(lab.text(".lab-line"), "lab.refused.range");
  seed.value = "7";
  seed.dispatchEvent(new document.defaultView.Event("change"));
  assert.equal(lab.text(".lab-line"), "");
  const spec = {...SPEC, arms: [arm([]), arm(["c"])]};
  lab.page.update({...PLAIN, spec, called: ["baseline", "c"], start: {trick: "combine", tricks: ["c"]}, steps: 200});
  await pass(1000);
  assert.equal(lab.all("[data-arm]").length, 4);
  assert.deepEqual(JSON.parse(leased("combine").settings), {
    start: {trick: "combine", tricks: ["c"]},
    seed: 7,
    steps: 300,
  });
  await lab.press("[data-action=apply]");
  assert.deepEqual(lab.told.at(-1).tricks, ["c"]);
  assert.equal(waits(), false); // it is starting
  await lab.say(snapshot({run: "t", spec: {...spec, seed: 7, steps: 300}, called: ["baseline", "c"]}));
  assert.deepEqual([lab.all("[data-arm]").length, waits()], [2, false]);
});

test("a plan is shown as it is chosen; what cannot be started is said, and is not", async () => {
  const lab = await open(mount, PLAIN);
  const spec = {...SPEC, arms: [...SPEC.arms, arm(["c"])], seed: 5};
  lab.page.update({...PLAIN, spec, called: [...PLAIN.called, "c"], seed: 5, steps: 50});
  await pass(1000);
  assert.equal(lab.all("[data-arm]").length, 5);
  assert.deepEqual([lab.find("[data-box=seed]").value, lab.find("[data-box=steps]").value], ["5", "50"]);
  sized(lab.find(".many-tiles"), 400, 100);
  lab.page.update({...PLAIN, spec: null, blocked: "They do not fit."});
  await pass(1000);
  assert.equal(lab.all(".many-tile").length, 0);
  assert.deepEqual([lab.all("[data-arm]").length, lab.text(".lab-line")], [0, "They do not fit."]);
  const buttons = lab.all(".lab-buttons button");
  assert.ok(buttons.length === 4 && buttons.every(({disabled}) => disabled));
  lab.find("[data-action=run]").disabled = false;
  await lab.press("[data-action=run]");
  assert.deepEqual(lab.told, []);
  await lab.say(snapshot());
  assert.deepEqual(
    buttons.map(({disabled, dataset}) => [dataset.action, disabled]),
    [
      ["pause", false],
      ["step", false],
      ["restart", true],
      ["reseed", true],
    ],
  );
  await lab.say({type: "rows", state: "paused"});
  assert.equal(lab.find("[data-action=run]").disabled, false);
  lab.page.update({...PLAIN});
  assert.ok(buttons.every(({disabled}) => !disabled));
});

test("whoever looks on starts a run of what is chosen, and takes over where the other tab is one's own", async () => {
  const lab = await open(mount, PLAIN);
  await lab.say(snapshot());
  await lab.say({type: "wheel", run: "r", role: "watch"});
  const dead = () =>
    lab
      .all(".lab-buttons button")
      .filter(({disabled}) => disabled)
      .map(({dataset}) => dataset.action);
  assert.deepEqual([dead(), lab.text(".lab-wheel span")], [["step"], "lab.wheel.watch"]);
  await lab.press("[data-action=take_over]");
  lab.page.update({...PLAIN, spec: null, blocked: "They do not fit."});
  assert.deepEqual(dead(), ["run", "step", "restart", "reseed"]);
  lab.page.update({...PLAIN});
  await lab.press("[data-action=run]");
  assert.deepEqual(
    lab.told.map(({type}) => type),
    ["take_over", "start"],
  );
  await lab.say({type: "gone"});
});

test("a metric that is not measured any more is not shown", async () => {
  const lab = await open(mount, PLAIN);
  await lab.press("[data-value=test_accuracy]");
  lab.page.update({...PLAIN, metrics: [{name: "miss", label: "misses", better: "lower"}], judged: "miss"});
  await pass(1000);
  assert.equal(lab.text("[data-chart=race-1] .lab-chart-title"), "misses");
  assert.equal(lab.text("[data-chart=differences] .lab-chart-title"), "misses: to the baseline");
  assert.equal(lab.find("[data-value=miss]").getAttribute("aria-checked"), "true");
  lab.page.update({...PLAIN, judged: "test_accuracy", labels: LABELS});
  assert.equal(lab.text("[data-chart=race-1] .lab-chart-title"), "accuracy");
});

test("a speed is told to a run that goes on, and kept for the next", async () => {
  const lab = await open(mount, PLAIN);
  const range = lab.find("[data-range=speed]");
  const {Event} = document.defaultView;
  range.value = "0";
  range.dispatchEvent(new Event("input"));
  assert.deepEqual(lab.told, []);
  assert.equal(lab.text(".lab-speed-text"), "lab.speed.paced");
  await lab.press("[data-action=run]");
  const {speed} = lab.told[0];
  assert.ok(speed > 0);
  await lab.say(snapshot());
  range.value = "10";
  range.dispatchEvent(new Event("input"));
  assert.equal(lab.told[1].type, "speed");
  assert.ok(lab.told[1].steps_per_s > speed);
});

test("a run that is gone is said to be, and the plan is shown in its place", async () => {
  const lab = await open(mount, PLAIN);
  await lab.say(snapshot({note: "Noted."}), tests(0.5, 0.25, 0.75, 0.5));
  assert.equal(lab.text(".lab-line"), "Noted.");
  await lab.say({type: "gone"});
  assert.deepEqual([lab.text(".lab-line"), leased("combine")], ["lab.many.gone", null]);
  assert.equal(lab.find(".lab-exports").hidden, true);
  assert.equal(lab.text("[data-arm='0'] td:nth-of-type(3)"), "–");
  await lab.say({type: "gone"});
  assert.equal(lab.text(".lab-line"), "lab.many.gone");
  const other = await open(mount, PLAIN);
  await other.say({type: "gone"}); // of before a reload
  assert.equal(other.text(".lab-line"), "4 networks");
});

test("a reload comes back to the tab's run, with its seed and steps", async () => {
  const first = await open(mount, {...PLAIN, seed: 7, steps: 50});
  await first.say(snapshot({spec: {...SPEC, seed: 7, steps: 50}}));
  const lab = await open(mount, {...PLAIN, seed: 7, steps: 50});
  assert.deepEqual(lab.told, [{type: "attach", run: "r"}]);
  await lab.say(snapshot({spec: {...SPEC, seed: 8, steps: 60}}));
  assert.deepEqual([lab.find("[data-box=seed]").value, lab.find("[data-box=steps]").value], ["8", "60"]);
  const box = lab.find("[data-box=steps]");
  box.value = "70";
  box.dispatchEvent(new document.defaultView.Event("change"));
  await lab.say(snapshot({spec: {...SPEC, seed: 8, steps: 60}})); // after a connection was lost
  assert.equal(box.value, "70");
  const other = await open(mount, PLAIN);
  assert.deepEqual(other.told, []); // other settings
  await other.say(snapshot({spec: {...SPEC, seed: 8, steps: 60}}));
  assert.equal(other.find("[data-box=seed]").value, "100");
  await lab.say({type: "gone"});
});

test("the run that the address asks for is watched, by its id or by a link that shares it", async () => {
  const lab = await open(mount, {...PLAIN, watch: "r"});
  assert.deepEqual(lab.told, [{type: "attach", run: "r"}]);
  await lab.say({type: "gone"});
  assert.deepEqual([lab.text(".lab-line"), leased("combine")], ["lab.gone.link", null]);
  const other = await open(mount, {...PLAIN, watch: "r.key"});
  assert.deepEqual(other.told, [{type: "attach", run: "r.key"}]);
  await other.say(snapshot({spec: {...SPEC, seed: 8, steps: 60}}));
  assert.deepEqual([other.find("[data-box=seed]").value, other.find("[data-box=steps]").value], ["8", "60"]);
  assert.equal(other.find("[data-export=csv]").getAttribute("href"), "/export/r.key.csv");
  const again = await open(mount, {...PLAIN, seed: 8, steps: 60}); // the tab is loaded again
  assert.deepEqual(again.told, [{type: "attach", run: "r.key"}]);
  await again.say({type: "gone"});
});

test("a link that was revoked, or never was, says so: at once, and where its run was shown", async () => {
  const lab = await open(mount, {...PLAIN, watch: "r.key"});
  await lab.say({type: "gone"});
  assert.deepEqual([lab.text(".lab-line"), leased("combine")], ["lab.gone.shared", null]);
  const other = await open(mount, {...PLAIN, watch: "r.key"});
  await other.say(snapshot());
  await other.say({type: "wheel", run: "r", role: "visit"});
  assert.equal(other.find("[data-action=share]").hidden, true);
  await other.say({type: "gone"});
  assert.deepEqual([other.text(".lab-line"), leased("combine")], ["lab.gone.shared", null]);
  await other.press("[data-action=run]");
  await other.say(snapshot({run: "own"}));
  assert.equal(other.find("[data-action=share]").hidden, false);
  await other.say({type: "gone"});
  assert.equal(other.text(".lab-line"), "lab.many.gone");
});

test("a start pressed while a run is being come back to is waited for", async () => {
  const first = await open(mount, PLAIN);
  await first.say(snapshot());
  const lab = await open(mount, PLAIN);
  await lab.press("[data-action=step]");
  await lab.say(snapshot()); // to what was asked for before
  const types = () => lab.told.map(({type}) => type);
  assert.deepEqual(types(), ["attach", "start"]);
  await lab.say(snapshot({run: "another"}));
  assert.deepEqual(types(), ["attach", "start", "step"]);
  await lab.say({type: "gone"});
});

test("a run that comes with fewer arms than are shown is shown from the start", async () => {
  const lab = await open(mount, SWEPT);
  const sweep = {...snapshot(), spec: SWEPT.spec, called: SWEPT.called};
  await lab.say(sweep);
  await lab.press("[data-arm='1'] button");
  await pass(1000);
  assert.deepEqual(shown(lab), ["baseline", "3", "5"]);
  const zoomed = lab.find("[data-chart=race-1] [data-tool=unzoom]");
  zoomed.hidden = false;
  await lab.say({...sweep, run: "t"});
  assert.deepEqual([shown(lab), zoomed.hidden], [["baseline", "3", "5"], true]);
  await lab.press("[data-arm='3'] button");
  await lab.say({...sweep, run: "w"});
  assert.deepEqual(shown(lab), ["baseline", "5"]);
  await lab.press("[data-arm='3'] button");
  const arms = SWEPT.spec.arms.slice(0, 4);
  await lab.say({...sweep, run: "u", spec: {...SPEC, arms}, called: SWEPT.called.slice(0, 4)});
  assert.deepEqual(shown(lab), ["baseline", "1", "2", "3"]);
  for (const at of [1, 2, 3]) await lab.press(`[data-arm='${at}'] button`);
  await lab.say({...sweep, run: "v"});
  assert.deepEqual(shown(lab), ["baseline", "1", "3", "5"]);
});

test("one step of a run that is not there starts it, and is made once it is", async () => {
  const lab = await open(mount, PLAIN);
  await lab.press("[data-action=step]");
  assert.deepEqual([lab.told.length, lab.told[0].paused], [1, true]);
  await lab.say(snapshot({state: "paused"}));
  assert.deepEqual(lab.told.at(-1), {type: "step"});
  await lab.say(snapshot({state: "paused"}));
  assert.equal(lab.told.length, 2);
});

test("the inside of many arms is not kept, and a small picture of each is drawn", async () => {
  const lab = await open(mount, SWEPT);
  sized(lab.find(".many-tiles"), 400, 100);
  const {add} = Store.prototype;
  const kept = [];
  Store.prototype.add = function (header, arrays) {
    kept.push(...arrays.map(({group}) => group));
    return add.call(this, header, arrays);
  };
  const probe = {group: "probe", arm: 0, name: "p", step: 1, values: [1]};
  const arrays = [probe, ...tests(0.5, 0.25, 0.75, 0.5, 0.5, 0.5)];
  await lab.say({...snapshot(), spec: SWEPT.spec, called: SWEPT.called}, arrays);
  Store.prototype.add = add;
  assert.deepEqual([...new Set(kept)], ["test"]);
  assert.equal(lab.all(".many-tile").length, 5);
  await pass(1000);
  assert.equal(lab.text("[data-chart=response] .lab-chart-title"), "loss over rate");
  assert.equal(lab.plotted("response").layout.xaxis.title.text, "η rate");
});

test("what a person chose stays where it can", async () => {
  const lab = await open(mount, PLAIN);
  await lab.press("[data-value=test_accuracy]");
  await lab.press("[data-arm='3'] button");
  const zoomed = lab.find("[data-chart=race-1] [data-tool=unzoom]");
  zoomed.hidden = false;
  lab.page.update({...PLAIN, start: {...PLAIN.start, more: 1}});
  await pass(1000);
  assert.deepEqual([zoomed.hidden, shown(lab)], [false, ["baseline", "both", "a alone"]]);
  assert.equal(lab.find("[data-value=test_accuracy]").getAttribute("aria-checked"), "true");
  assert.equal(leased("combine"), null); // there is no run
  const box = lab.find("[data-box=steps]");
  box.value = "300";
  box.dispatchEvent(new document.defaultView.Event("change"));
  assert.equal(leased("combine"), null);
  const spec = {...SPEC, seed: 9};
  lab.page.update({...PLAIN, spec, seed: 9});
  await pass(1000);
  assert.deepEqual(shown(lab), ["baseline", "both"]); // another plan
  await lab.press("[data-arm='3'] button");
  await lab.say(snapshot());
  lab.page.update({...PLAIN, seed: 10, spec: {...SPEC, seed: 10}});
  await pass(1000);
  assert.deepEqual(shown(lab), ["baseline", "both", "a alone"]); // that of the run
  await lab.say({type: "unheard"});
  assert.equal(lab.find(".lab-exports").hidden, false);
  await lab.press("[data-arm='1'] button");
  lab.page.update({...PLAIN, spec: {...SPEC, arms: SPEC.arms.slice(0, 3)}, called: PLAIN.called.slice(0, 3)});
  await lab.say({type: "gone"});
  assert.deepEqual(shown(lab), ["baseline", "both"]); // there is no fourth any more
});

test("a sweep's chart is called after the knob that its arms differ in, or else the one that is chosen", async () => {
  const lab = await open(mount, {...SWEPT, spec: null, blocked: "no"});
  assert.equal(lab.text("[data-chart=response] .lab-chart-title"), "loss over rate");
  const sweep = await open(mount, {...SWEPT, swept: "other"});
  assert.equal(sweep.text("[data-chart=response] .lab-chart-title"), "loss over rate");
});

test("rows wait for their turn to be drawn; what a person waits for does not", async () => {
  const lab = await open(mount, PLAIN);
  const due = async (act) => {
    await pass(1000);
    await lab.say({type: "rows", state: "running", step: 1}, [], 60); // a round of all charts
    called.length = 0;
    await act();
    await pass(30);
    return called.length > 0;
  };
  const rows = (state, more = {}) => lab.say({type: "rows", step: 2, state, ...more}, [], 0);
  await lab.say(snapshot(), tests(0.5, 0.25, 0.75, 0.5));
  assert.equal(await due(() => rows("running")), false);
  assert.equal(await due(() => rows("paused")), true);
  assert.equal(await due(() => rows("running", {remarks: [{step: 1, text: "seen"}]})), true);
  assert.equal(await due(() => lab.press("[data-arm='2'] button")), true);
  assert.equal(await due(() => lab.press("[data-value=test_accuracy]")), true);
  assert.equal(await due(() => lab.page.update({...PLAIN, judged: "test_accuracy"})), true);
  assert.equal(await due(() => lab.say(snapshot(), [], 0)), true);
  assert.equal(await due(() => lab.say({type: "gone"}, [], 0)), true);
});
