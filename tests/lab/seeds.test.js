import assert from "node:assert/strict";
import {beforeEach, test} from "node:test";
import {mount} from "../../assets/lab/seeds.js";
import {called} from "./dom.js";
import {leased, open, pass, reset} from "./study_server.js";

beforeEach(reset);

const LABELS = {
  "lab.seeds.repeat": "Repeat over {seeds}",
  "lab.seeds.sweep": "Sweep over {seeds}",
  "lab.seeds.which": "Seeds {first} to {last}",
  "lab.seeds.at": "{metric} at {point}",
  "lab.seeds.response": "{metric} over {knobs}",
  "lab.seeds.difference": "{metric}: difference",
};
const PLAIN = {
  kind: "repeat",
  trick: "trick",
  title: "the trick",
  lease: "repeat/trick",
  id: "planned",
  start: {trick: "trick", task: "task", steps: 300, values: {rate: 1}},
  steps: 300,
  num_seeds: 16,
  first_seed: 0,
  recipe: {id: "evidence", steps: 900, text: "The recipe."},
  swept: {},
  called: ["baseline", "the trick"],
  knobs: [{name: "rate", symbol: "η", label: "rate", unit: ""}],
  metrics: [
    {name: "test_loss", label: "loss", better: "lower"},
    {name: "test_accuracy", label: "accuracy", better: "higher"},
  ],
  judged: "test_loss",
  language: "en",
  labels: LABELS,
  limits: {seeds: [2, 64]},
  version: 7,
  socket: "live",
  plotly: "plotly.js",
  export: "/export",
};
const SWEPT = {
  ...PLAIN,
  kind: "response",
  lease: "response/trick/rate",
  start: {...PLAIN.start, sweep: {rate: [1, 2]}},
  num_seeds: 8,
  first_seed: 100,
  recipe: null,
  swept: {rate: [1, 2]},
};

const STUDY = {
  type: "study",
  study: "s",
  id: "planned",
  fresh: true,
  about: "Of this:",
  seeds: [...Array(16).keys()],
  arms: ["base", "trick"],
  called: ["baseline", "the trick"],
  metrics: PLAIN.metrics.map(({name, better}) => ({name, better})),
  judged: "test_loss",
  steps: 300,
  state: "running",
  done: 1,
  total: 16,
  eta_s: 30,
  notes: [],
  lines: [],
  cost: [],
};
const LINE = {metric: "test_loss", arm: "trick", text: "It is lower.", claimed: true, mean: -1, low: -2, high: -0.5};
const JUDGED = {
  ...STUDY,
  state: "finished",
  done: 16,
  lines: [{...LINE, effect: -2, won: 16, num_seeds: 16, p_holm: 0}],
};
const band = (arm, name, more = {}) =>
  Object.entries({steps: [1, 300], mean: [2, 1], low: [1, 0], high: [3, 2]}).map(([axis, values]) => {
    return {group: "band", arm, name, axis, values, ...more};
  });
const ARRAYS = [...band(0, "test_loss"), ...band(1, "test_loss"), ...band(1, "test_loss", {of: "difference"})];
const RESPONSE = [
  {metric: "test_loss", point: 0, values: {rate: 1}, mean: 2, low: 1, high: 3, n: 8, num_diverged: 0, claimed: false},
  {metric: "test_loss", point: 1, values: {rate: 2}, mean: 1, low: 0, high: 2, n: 8, num_diverged: 0, claimed: true},
  {metric: "test_accuracy", point: 0, values: {rate: 1}, mean: 1, low: 0, high: 2, n: 8, num_diverged: 0},
];
const SWEEP = {
  ...STUDY,
  seeds: [100, 101, 102, 103, 104, 105, 106, 107],
  arms: ["trick"],
  called: ["another word"],
  swept: [{name: "rate", values: [1, 2]}],
  neutral: {rate: 1},
  response: RESPONSE,
  lines: [{metric: "test_loss", text: "Two is best.", claimed: true}],
};

test("a page says what it would repeat, and repeats it at a press", async () => {
  const lab = await open(mount, PLAIN);
  assert.equal(lab.socket.url, "ws://lab/live?v=7");
  assert.deepEqual([lab.find(".lab").className, lab.find(".lab").dataset.kind], ["lab seeds", "repeat"]);
  assert.deepEqual(
    [...lab.find(".many-body").children].map((element) => element.className),
    [
      "lab-transport",
      "seeds-which",
      "lab-line",
      "lab-wheel",
      "seeds-about",
      "seeds-verdict",
      "many-bar",
      "many-charts",
      "many-table",
      "seeds-cost",
      "seeds-notes",
      "lab-exports",
    ],
  );
  assert.deepEqual(
    lab.all("[data-chart]").map(({dataset}) => dataset.chart),
    ["seeds", "difference"],
  );
  assert.deepEqual([lab.text(".seeds-which"), lab.text(".lab-line")], ["Seeds 0 to 15", "lab.seeds.hint"]);
  assert.deepEqual([lab.find(".seeds-about").hidden, lab.text(".seeds-verdict"), lab.told], [true, "", []]);
  assert.deepEqual(
    [lab.find(".lab-line").getAttribute("aria-live"), lab.find(".lab-line").dataset.kind],
    ["polite", "hint"],
  );
  assert.deepEqual([lab.text(".seeds-about"), lab.text(".seeds-cost"), lab.text(".seeds-notes")], ["", "", ""]);
  assert.equal(lab.find(".seeds-verdict").getAttribute("aria-live"), "polite");
  assert.ok(document.head.querySelector("link").dataset.sheets.includes("seeds"));
  await lab.press("[data-action=repeat]");
  assert.deepEqual(lab.told, [
    {type: "repeat", trick: "trick", task: "task", steps: 300, values: {rate: 1}, seeds: 16},
  ]);
  assert.deepEqual([lab.text(".lab-line"), lab.find("[data-action=repeat]").disabled], ["lab.starting", true]);
  await pass(100);
  assert.equal(lab.text("[data-chart=seeds] .lab-empty"), "lab.starting");
});

test("seeds arrive one by one and end in a verdict", async () => {
  const lab = await open(mount, PLAIN);
  await lab.say(STUDY);
  assert.equal(lab.text(".seeds-verdict"), "lab.seeds.verdict.wait");
  assert.equal(lab.find(".seeds-verdict p").hasAttribute("data-claimed"), false);
  assert.deepEqual([lab.text(".seeds-about"), lab.find(".seeds-about").hidden], ["Of this:", false]);
  assert.equal(lab.text("[data-chart=seeds] .lab-empty"), "lab.seeds.empty.first");
  assert.deepEqual(leased("repeat/trick"), {run: "s", settings: '"repeat/trick"'});
  const {type, study, state, done, lines} = JUDGED;
  await lab.say({type, study, state, done, lines, cost: ["It cost", "little."], notes: ["One", "Two"]}, ARRAYS);
  assert.equal(lab.text(".seeds-verdict"), "It is lower.");
  assert.equal(lab.find(".seeds-verdict p").dataset.claimed, "true");
  assert.equal(lab.text(".seeds-cost"), "It cost little.");
  assert.deepEqual(
    lab.all(".seeds-notes li").map(({textContent}) => textContent),
    ["One", "Two"],
  );
  assert.equal(lab.find(".many-table tbody tr").dataset.claimed, "better");
  assert.equal(lab.find("[data-export='.csv']").getAttribute("href"), "/export/s.csv");
  assert.equal(lab.text("[data-chart=difference] .lab-chart-title"), "loss: difference");
  assert.deepEqual(Array.from(lab.plotted("seeds").data.at(-1).y), [2, 1]);
  const names = lab.plotted("seeds").data.flatMap(({name}) => name ?? []);
  assert.deepEqual(names, ["baseline", "the trick"]);
  const [said] = lab.all(".seeds-verdict p");
  await lab.say({type, study, done});
  assert.ok(lab.find(".seeds-verdict p") === said); // not said again
});

test("an interrupted study is gone on with, and says so", async () => {
  const lab = await open(mount, PLAIN);
  assert.ok(lab.find("[data-action=go-on]").hasAttribute("hidden"));
  await lab.say({...STUDY, state: "interrupted"});
  assert.ok(lab.text(".lab-where").endsWith("lab.seeds.state.interrupted"));
  await lab.press("[data-action=go-on]");
  assert.deepEqual(lab.told, [{type: "resume_study"}]);
});

test("a study can be canceled, and what it is asked for differs from what is set", async () => {
  const lab = await open(mount, PLAIN);
  await lab.say(STUDY);
  await lab.press("[data-action=cancel]");
  assert.deepEqual(lab.told, [{type: "cancel"}]);
  const box = lab.find("[data-box=seeds]");
  box.value = "4";
  box.dispatchEvent(new document.defaultView.Event("change"));
  assert.deepEqual([lab.text("[data-action=repeat]"), lab.text(".lab-line")], ["Repeat over 4", "lab.seeds.differs"]);
  assert.equal(lab.text(".seeds-which"), "Seeds 0 to 3");
  box.value = "1";
  box.dispatchEvent(new document.defaultView.Event("change"));
  assert.deepEqual([lab.text(".lab-line"), lab.find(".lab-line").dataset.kind], ["lab.refused.range", "refused"]);
  box.value = "16";
  box.dispatchEvent(new document.defaultView.Event("change"));
  assert.equal(lab.text(".lab-line"), "");
});

test("the evidence recipe is asked for without values", async () => {
  const lab = await open(mount, PLAIN);
  const curve = () => lab.plotted("seeds").layout.xaxis.range[1];
  await lab.press("[data-name=recipe] [data-value=evidence]");
  await pass(1000);
  assert.deepEqual([lab.text(".seeds-which"), curve()], ["The recipe. Seeds 0 to 15", 900]);
  await lab.press("[data-action=repeat]");
  assert.deepEqual(lab.told, [{type: "repeat", trick: "trick", task: "task", evidence: true, seeds: 16}]);
  await lab.say({...STUDY, id: "evidence", fresh: false});
  assert.equal(lab.text(".lab-line"), "");
  await lab.press("[data-name=recipe] [data-value=shown]");
  assert.equal(lab.text(".lab-line"), "lab.seeds.differs");
});

test("another metric is charted, and stays where the next study has it", async () => {
  const lab = await open(mount, PLAIN);
  await lab.say({...JUDGED, lines: [{...JUDGED.lines[0], metric: "gap"}]}, [...ARRAYS, ...band(1, "gap")]);
  assert.deepEqual(
    lab.all("[data-name=metric] button").map(({textContent}) => textContent),
    ["loss", "accuracy", "gap"],
  );
  const zoomed = lab.find("[data-chart=seeds] [data-tool=unzoom]");
  zoomed.hidden = false;
  await lab.press("[data-value=gap]");
  assert.equal(zoomed.hidden, true);
  await pass(1000);
  assert.equal(lab.text("[data-chart=seeds] .lab-chart-title"), "gap");
  zoomed.hidden = false;
  await lab.say({...STUDY, study: "t"}, band(1, "gap"));
  assert.equal(zoomed.hidden, true);
  assert.equal(lab.find("[data-value=gap]").getAttribute("aria-checked"), "true");
  await lab.say({...STUDY, study: "u"});
  assert.equal(lab.find("[data-value=test_loss]").getAttribute("aria-checked"), "true");
});

test("what was watched before a reload is asked for again, with what it was begun with", async () => {
  const first = await open(mount, PLAIN);
  await first.say({...STUDY, id: "evidence", seeds: [0, 1, 2]});
  const lab = await open(mount, PLAIN);
  assert.deepEqual(lab.told, [{type: "attach_study", study: "s"}]);
  await lab.say({...STUDY, id: "evidence", seeds: [0, 1, 2]});
  assert.deepEqual([lab.text("[data-action=repeat]"), lab.text(".lab-line")], ["Repeat over 3", ""]);
  assert.equal(lab.find("[data-value=evidence]").getAttribute("aria-checked"), "true");
});

test("a study that is gone is said to be, and what is seen of it stays", async () => {
  const lab = await open(mount, PLAIN);
  await lab.say(STUDY);
  await lab.drop();
  assert.equal(lab.text(".lab-line"), "lab.seeds.connection");
  await pass(1000);
  await lab.connect();
  assert.deepEqual(lab.told, [{type: "attach_study", study: "s"}]);
  await lab.say({type: "gone_study"});
  assert.deepEqual([lab.text(".lab-line"), lab.find("[data-action=repeat]").disabled], ["lab.seeds.gone", false]);
  assert.deepEqual([leased("repeat/trick"), lab.text(".seeds-about")], [null, "Of this:"]);
  assert.ok(lab.text(".lab-where").endsWith("lab.seeds.state.canceled"));
  await lab.say({...JUDGED, study: "t"});
  assert.equal(lab.text(".lab-line"), "");
  await lab.say({type: "gone_study"});
  assert.ok(lab.text(".lab-where").endsWith("lab.seeds.state.finished"));
});

test("the study that the address asks for is shown, once, whatever the tab watched before", async () => {
  const first = await open(mount, PLAIN);
  await first.say({...STUDY, study: "before"});
  const asked = {...PLAIN, watch: "linked"};
  const lab = await open(mount, asked);
  assert.deepEqual(lab.told, [{type: "attach_study", study: "linked"}]);
  await lab.say({...JUDGED, study: "linked"});
  assert.equal(lab.text(".seeds-verdict"), "It is lower.");
  assert.equal(lab.find(".lab").dataset.scrolled, "start");
  await lab.say({...STUDY, study: "next"}); // begun here
  const again = await open(mount, asked);
  assert.deepEqual(again.told, [{type: "attach_study", study: "next"}]);
});

test("where the address asks for a study that is not there, or is of another kind, that is said", async () => {
  const lab = await open(mount, {...PLAIN, watch: "gone"});
  await lab.say({type: "gone_study"});
  assert.equal(lab.text(".lab-line"), "lab.seeds.gone.link");
  const other = await open(mount, {...PLAIN, watch: "swept"});
  await other.say({...STUDY, study: "swept", swept: [{name: "rate", values: [1, 2]}]});
  assert.equal(other.text(".lab-line"), "lab.seeds.other");
  assert.equal(leased(PLAIN.lease), null);
});

test("a study that is seen by a link is asked for by it, and is not this visitor's to cancel or to share", async () => {
  const lab = await open(mount, {...PLAIN, lease: "repeat/shared", watch: "s.key"});
  assert.deepEqual(lab.told, [{type: "attach_study", study: "s.key"}]);
  const isThere = (...actions) =>
    actions.map(
      (action) => !lab.find(`[data-action=${action}]`).hidden && !lab.find(`[data-action=${action}]`).disabled,
    );
  await lab.say(STUDY);
  await lab.say({type: "wheel_study", study: "another", role: "visit"});
  assert.deepEqual([lab.find(".lab-wheel").hidden, lab.text(".lab-wheel")], [true, ""]);
  assert.deepEqual(isThere("repeat", "cancel", "share"), [false, true, true]);
  await lab.say({type: "wheel_study", study: "s", role: "visit"});
  assert.deepEqual([lab.find(".lab-wheel").hidden, lab.text(".lab-wheel")], [false, "lab.seeds.visit"]);
  assert.deepEqual(isThere("repeat", "cancel", "share"), [true, false, false]);
  assert.deepEqual(leased("repeat/shared"), {run: "s.key", settings: '"repeat/shared"'});
  assert.equal(lab.find("[data-export='.csv']").getAttribute("href"), "/export/s.key.csv");
  await lab.say({...STUDY, state: "interrupted"});
  assert.deepEqual(isThere("go-on"), [false]);
  await lab.drop();
  await pass(1000);
  await lab.connect();
  assert.deepEqual(lab.told, [{type: "attach_study", study: "s.key"}]);
  await lab.say(STUDY);
  await lab.say({type: "wheel_study", study: "s", role: "visit"});
  await lab.press("[data-action=repeat]"); // one of their own
  await lab.say({...STUDY, study: "own"});
  assert.deepEqual([lab.find(".lab-wheel").hidden, ...isThere("cancel", "share")], [true, true, true]);
  assert.equal(leased("repeat/shared").run, "own");
});

test("a reload comes back by the link, with as many seeds", async () => {
  const first = await open(mount, {...PLAIN, lease: "repeat/again", watch: "again.key"});
  await first.say({...STUDY, study: "again", seeds: [0, 1, 2]});
  const lab = await open(mount, {...PLAIN, lease: "repeat/again"});
  assert.deepEqual(lab.told, [{type: "attach_study", study: "again.key"}]);
  await lab.say({...STUDY, study: "again", seeds: [0, 1, 2]});
  assert.equal(lab.text("[data-action=repeat]"), "Repeat over 3");
});

test("a link to a study that was revoked, or never was, says so: at once, and where it was shown", async () => {
  const lab = await open(mount, {...PLAIN, watch: "gone.key"});
  await lab.say({type: "gone_study"});
  assert.equal(lab.text(".lab-line"), "lab.seeds.gone.shared");
  const other = await open(mount, {...PLAIN, watch: "s.other"});
  await other.say(JUDGED);
  assert.equal(other.text(".lab-line"), "");
  await other.say({type: "gone_study"});
  assert.deepEqual([other.text(".lab-line"), leased(PLAIN.lease)], ["lab.seeds.gone.shared", null]);
  assert.equal(other.text(".seeds-verdict"), "It is lower."); // what is seen stays
});

test("of a study that goes on a guest is told no more once the link is revoked, nor that it has ended", async () => {
  const lab = await open(mount, {...PLAIN, watch: "s.third"});
  await lab.say({...STUDY, done: 3});
  await lab.say({type: "wheel_study", study: "s", role: "visit"});
  assert.deepEqual([lab.find(".lab-exports").hidden, lab.find(".lab-wheel").hidden], [false, false]);
  await lab.say({type: "gone_study"});
  assert.equal(lab.text(".lab-line"), "lab.seeds.gone.shared");
  assert.equal(lab.text(".lab-where"), "lab.seeds.done");
  assert.deepEqual([lab.find(".lab-exports").hidden, lab.find(".lab-wheel").hidden], [true, true]);
});

test("one that was gone before a reload is not spoken of", async () => {
  const first = await open(mount, PLAIN);
  await first.say(STUDY);
  const lab = await open(mount, PLAIN);
  await lab.say({type: "gone_study"});
  assert.deepEqual([lab.text(".lab-line"), leased("repeat/trick")], ["lab.seeds.hint", null]);
  await lab.say({...STUDY, seeds: [0]}); // not the one that was watched: what is set stays
  assert.equal(lab.text("[data-action=repeat]"), "Repeat over 16");
});

test("a repeat pressed while a study is being come back to is waited for", async () => {
  const first = await open(mount, PLAIN);
  await first.say(STUDY);
  const lab = await open(mount, PLAIN);
  await lab.press("[data-action=repeat]");
  await lab.say(STUDY); // to what was asked for before
  assert.equal(lab.text(".lab-line"), "lab.starting");
  await lab.say({...STUDY, study: "another"});
  assert.equal(lab.text(".lab-line"), "");
  await lab.say({type: "gone_study"});
});

test("the button beside the run is answered once", async () => {
  const asked = {...PLAIN, lease: "repeat/asked", asked: 1};
  const lab = await open(mount, asked);
  assert.deepEqual([lab.told.length, lab.find(".lab").dataset.scrolled], [1, "start"]);
  await lab.say(STUDY);
  lab.page.update({...asked, num_seeds: 8});
  assert.equal(lab.told.length, 1);
  lab.page.update({...asked, asked: 2});
  assert.equal(lab.told.length, 1); // it is going on
  await lab.say({type: "study", study: "s", state: "finished"});
  lab.page.update({...asked, asked: 3});
  assert.equal(lab.told.length, 2);
  await open(mount, {...asked, asked: 3}, {connected: false}).then(async (again) => {
    await again.connect();
    assert.deepEqual(
      again.told.map(({type}) => type),
      ["attach_study"],
    );
  });
});

test("after half a second it is said what is waited for", async () => {
  const lab = await open(mount, {...PLAIN, lease: "repeat/slow"}, {connected: false}); // 200 ms ago
  await pass(299);
  assert.deepEqual([lab.text(".lab-line"), lab.find(".lab-line").dataset.kind], ["lab.seeds.hint", "hint"]);
  await pass(1);
  assert.deepEqual([lab.text(".lab-line"), lab.find(".lab-line").dataset.kind], ["lab.connection.first", "waiting"]);
  await lab.connect();
  assert.equal(lab.text(".lab-line"), "lab.seeds.hint");
  await lab.press("[data-action=repeat]");
  await pass(500);
  assert.deepEqual([lab.text(".lab-line"), lab.find(".lab-line").dataset.kind], ["lab.starting", "waiting"]);
  await lab.say(STUDY);
  assert.equal(lab.text(".lab-line"), "");
});

test("a press before there is a connection counts once there is", async () => {
  const lab = await open(mount, {...PLAIN, lease: "repeat/early"}, {connected: false});
  lab.page.update({...PLAIN, lease: "repeat/early", asked: 1});
  assert.equal(lab.text(".lab-line"), "lab.connection.owed");
  await lab.connect();
  assert.deepEqual(
    lab.told.map(({type}) => type),
    ["repeat"],
  );
});

test("what is set on the page is taken; another lease is another page", async () => {
  const lab = await open(mount, PLAIN);
  const root = lab.find(".lab");
  const metrics = [{...PLAIN.metrics[0], label: "other"}, PLAIN.metrics[1]];
  lab.page.update({...PLAIN, id: "next", start: {...PLAIN.start, steps: 9}, metrics});
  assert.ok(lab.find(".lab") === root);
  assert.equal(lab.text("[data-value=test_loss]"), "other");
  await lab.press("[data-action=repeat]");
  assert.equal(lab.told[0].steps, 9);
  await lab.say({...STUDY, id: "next"});
  assert.equal(lab.text(".lab-line"), "");
  lab.page.update({...PLAIN, lease: "repeat/other"});
  assert.ok(lab.find(".lab") !== root);
});

test("a sweep shows the response, and the curves of the best setting until one is chosen", async () => {
  const lab = await open(mount, SWEPT);
  assert.deepEqual(
    lab.all("[data-chart]").map(({dataset}) => dataset.chart),
    ["response", "seeds"],
  );
  assert.deepEqual(
    [lab.text("[data-action=repeat]"), lab.find(".seeds-verdict").hasAttribute("hidden")],
    ["Sweep over 8", true],
  );
  assert.ok(!lab.find("[data-name=recipe]"));
  assert.equal(lab.text("[data-chart=response] .lab-chart-title"), "loss over rate");
  const title = () => lab.text("[data-chart=seeds] .lab-chart-title");
  await lab.say(SWEEP, ARRAYS);
  assert.equal(title(), "loss at η 1"); // it was open
  const {color} = lab.plotted("seeds").data.at(-1).line;
  assert.equal(color, "rgb(0,114,178)"); // that of a trick
  assert.equal(lab.find(".seeds-verdict").hasAttribute("hidden"), false);
  await lab.say({...SWEEP, fresh: false, state: "finished"});
  assert.deepEqual([title(), lab.text(".seeds-verdict")], ["loss at η 2", "Two is best."]);
  const names = lab.plotted("response").layout.xaxis.title.text;
  assert.equal(names, "η rate");
  const zoomed = lab.find("[data-chart=seeds] [data-tool=unzoom]");
  zoomed.hidden = false;
  await lab.press("[data-point='0']");
  assert.deepEqual([zoomed.hidden, lab.find("[data-chosen] button").dataset.point], [true, "0"]);
  await pass(1000);
  await lab.say({...SWEEP, fresh: false, state: "finished"});
  assert.equal(title(), "loss at η 1");
  await lab.press("[data-value=test_accuracy]");
  assert.equal(lab.find(".seeds-verdict").hasAttribute("hidden"), true);
  await lab.press("[data-chart=response] [data-tool=table]");
  const cells = lab.all("[data-chart=response] tbody td").map(({textContent}) => textContent);
  assert.deepEqual(cells, ["η 1", "1.00", "0", "2.00", "8", "0", "–"]);
  await lab.say({...SWEEP, study: "t", state: "finished"}, ARRAYS);
  assert.equal(lab.find("[data-chosen] button").dataset.point, "0"); // the only one of this metric
});

test("another study begins with no point chosen", async () => {
  const lab = await open(mount, SWEPT);
  await lab.say({...SWEEP, state: "finished"}, ARRAYS);
  await lab.press("[data-point='0']");
  await lab.say({...SWEEP, study: "t", state: "finished"}, ARRAYS);
  assert.equal(lab.find("[data-chosen] button").dataset.point, "1");
  await lab.say({...SWEEP, study: "u"}, ARRAYS);
  assert.equal(lab.find("[data-chosen] button").dataset.point, "0");
});

test("two knobs are a map", async () => {
  const swept = {rate: [1, 2], kind: ["a", "b"]};
  const lab = await open(mount, {...SWEPT, swept});
  await pass(1000);
  assert.equal(lab.plotted("response").data[0].type, "heatmap");
  assert.ok(lab.text(".lab-where").includes("lab.seeds.runs"));
  assert.equal(lab.find("[role=progressbar]").getAttribute("aria-valuemax"), "32");
});

test("a new start of the same study forgets the curves of the one before", async () => {
  const lab = await open(mount, PLAIN);
  await lab.say(JUDGED, ARRAYS);
  await lab.say({...STUDY, fresh: true});
  assert.equal(lab.plotted("seeds").data.length, 1);
  await lab.say({...JUDGED, fresh: false}, ARRAYS);
  await lab.say({type: "study", study: "s", done: 16});
  assert.ok(lab.plotted("seeds").data.length > 1);
});

test("a sweep that goes on keeps its values, whatever is set meanwhile", async () => {
  const lab = await open(mount, SWEPT);
  await lab.say(SWEEP, ARRAYS);
  const {range} = lab.plotted("response").layout.xaxis;
  lab.page.update({...SWEPT, swept: {rate: [1, 9]}});
  await pass(1000);
  assert.deepEqual(lab.plotted("response").layout.xaxis.range, range);
  const again = await open(mount, SWEPT);
  await again.say(SWEEP, ARRAYS); // it has no recipe
  assert.equal(again.text("[data-action=repeat]"), "Sweep over 8");
});

test("what was begun as it is shown comes back so", async () => {
  const first = await open(mount, PLAIN);
  await first.say(STUDY);
  const lab = await open(mount, PLAIN);
  await lab.say(STUDY);
  assert.equal(lab.find("[data-value=shown]").getAttribute("aria-checked"), "true");
  await lab.say({type: "unheard"});
  assert.equal(lab.text(".lab-line"), "");
});

test("why a repeat was refused stays until the next press", async () => {
  const lab = await open(mount, PLAIN);
  await lab.press("[data-action=repeat]");
  const refusal = {about: "repeat", name: "", rule: "busy", value: 1, parts: {}, message: "too many."};
  await lab.say({type: "refused", ...refusal});
  assert.deepEqual([lab.find(".lab-line").dataset.kind, lab.text(".lab-line")], ["unstarted", "lab.unstarted"]);
  assert.equal(lab.find("[data-action=repeat]").disabled, false);
});

test("seeds wait for their turn to be drawn; another study and the end do not", async () => {
  const lab = await open(mount, PLAIN);
  const drawn = async (header) => {
    called.length = 0;
    await lab.say(header, ARRAYS, 30);
    return called.length > 0;
  };
  await lab.say(STUDY, ARRAYS);
  await drawn({...STUDY, fresh: false});
  assert.equal(await drawn({...STUDY, fresh: false}), false);
  assert.equal(await drawn({...STUDY, study: "t"}), true);
  await pass(1000);
  await drawn({...STUDY, study: "t", fresh: false});
  assert.equal(await drawn({...STUDY, study: "t", fresh: false}), false);
  assert.equal(await drawn({...STUDY, study: "t", fresh: false, state: "finished"}), true);
});

test("what a person changes is drawn at once", async () => {
  const lab = await open(mount, SWEPT);
  await lab.say(SWEEP, ARRAYS);
  await lab.say({...SWEEP, fresh: false}, ARRAYS, 30);
  await lab.press("[data-point='1']");
  await pass(30);
  assert.equal(lab.text("[data-chart=seeds] .lab-chart-title"), "loss at η 2");
  await pass(1000);
  await lab.say({...SWEEP, fresh: false}, ARRAYS, 30);
  called.length = 0;
  lab.page.update({...SWEPT, steps: 9});
  await pass(30);
  assert.ok(called.length > 0);
});
