import assert from "node:assert/strict";
import {test} from "node:test";
import {Voice} from "../../../assets/lab/controls/voice.js";
import {outline} from "../dom.js";
import {labOf, runOf} from "../lab.js";

const remark = (step, text) => ({step, text});

function voiceOf(head = {}, more = {}) {
  const store = head === null ? labOf().store : runOf([{}, {}], head);
  const lab = labOf(store, {hintText: () => "hint", endText: () => "end", waiting: false, ...more});
  return new Voice(lab);
}
const line = ({line: {textContent, dataset}}) => [dataset.kind, textContent];

test("it says what a person can do, what the data show, and how a run ended", () => {
  assert.deepEqual(line(voiceOf(null)), ["hint", "hint"]);
  assert.deepEqual(line(voiceOf()), ["hint", ""]);
  assert.deepEqual(line(voiceOf({remarks: [remark(1, "first"), remark(2, "λ_1 falls")]})), ["remark", "λ₁ falls"]);
  for (const state of ["finished", "failed", "stopped", "interrupted"])
    assert.deepEqual(line(voiceOf({state, remarks: [remark(1, "first")]})), ["end", "end"]);
  assert.deepEqual(line(voiceOf({state: "paused"})), ["hint", ""]);
});

test("what concerns the page goes before, the connection first, until it is taken back", () => {
  const voice = voiceOf({state: "finished"});
  const said = [];
  for (const kind of ["waiting", "refused", "unstarted", "connection"]) {
    voice.say(kind, `${kind}!`);
    said.push(line(voice));
  }
  assert.deepEqual(
    said,
    ["waiting", "refused", "unstarted", "connection"].map((kind) => [kind, `${kind}!`]),
  );
  for (const kind of ["connection", "unstarted", "refused", "waiting"]) voice.say(kind, "");
  assert.deepEqual(line(voice), ["end", "end"]);
});

test("a note gives way to a later remark, and stands before the end", () => {
  const voice = voiceOf({remarks: [remark(1, "old")]});
  voice.say("note", "note");
  assert.deepEqual(line(voice), ["note", "note"]);
  voice.say("waiting", "wait");
  assert.deepEqual(line(voice), ["waiting", "wait"]);
  voice.say("waiting", "");
  voice.lab.store.remarks.push(remark(2, "new"));
  voice.refresh();
  assert.deepEqual(line(voice), ["remark", "new"]);
  voice.lab.store.head.state = "finished";
  voice.refresh();
  assert.deepEqual(line(voice), ["end", "note end"]);
});

test("earlier remarks are behind it, the newest first", () => {
  const voice = voiceOf({remarks: [remark(1, "first"), remark(2000, "b_1 second")]});
  assert.equal(
    outline(voice.earlier),
    `details class=lab-earlier
  summary: lab.remarks 2
  ol class=lab-remarks
    li: lab.remark.step 2,000 b₁ second
    li: lab.remark.step 1 first`,
  );
  const hidden = (head) => voiceOf(head).earlier.hasAttribute("hidden");
  assert.deepEqual([hidden({}), hidden({remarks: [remark(1, "a")]})], [true, true]);
  assert.equal(hidden({remarks: [remark(1, "a")], state: "finished"}), false);
  const item = voice.list.firstChild;
  voice.refresh();
  assert.equal(voice.list.firstChild, item);
  voice.lab.store.remarks.push(remark(3, "third"));
  voice.refresh();
  assert.equal(voice.list.children.length, 3);
  voice.lab.store = runOf([{}], {run: "other", remarks: [remark(1, "x"), remark(2, "y"), remark(3, "z")]});
  voice.refresh();
  assert.equal(voice.list.firstChild.textContent, "lab.remark.step 3 z");
});

test("on paper all remarks are open, and afterwards as many as before", () => {
  const voice = voiceOf({remarks: [remark(1, "a"), remark(2, "b")]});
  for (const before of [false, true]) {
    voice.earlier.open = before;
    voice.open(true);
    assert.equal(voice.earlier.open, true);
    voice.open(false);
    assert.equal(voice.earlier.open, before);
  }
});

test("changes that wait for the next start have a button for it", () => {
  let restarts = 0;
  const voice = voiceOf({}, {waiting: true, restart: () => (restarts += 1)});
  assert.equal(
    outline(voice.element).split("\n").slice(0, 8).join("\n"),
    `div class=lab-voice
  p class=lab-line aria-live=polite data-kind=hint
  p class=lab-wheel aria-live=polite hidden=
    span
    button type=button class=lab-button lab-text-button data-action=take_over hidden=: lab.wheel.take
  p class=lab-pending
    span: lab.pending
    button type=button class=lab-button lab-text-button data-action=apply: lab.pending.restart`,
  );
  voice.restart.click();
  assert.equal(restarts, 1);
  assert.equal(voiceOf().pending.hasAttribute("hidden"), true);
});

test("it says who steers where this tab does not, and another tab of one's own can be taken over from", () => {
  const sent = [];
  const voice = voiceOf({}, {send: (message) => sent.push(message)});
  const said = (wheel) => {
    voice.lab.wheel = wheel;
    voice.refresh();
    const [shown, offered] = [voice.wheel, voice.takeOver].map((element) => !element.hasAttribute("hidden"));
    return [shown, voice.steered.textContent, offered];
  };
  assert.deepEqual(said("watch"), [true, "lab.wheel.watch", true]);
  assert.deepEqual(said("visit"), [true, "lab.wheel.visit", false]);
  assert.deepEqual(said("steer"), [false, "", false]);
  voice.takeOver.click();
  assert.deepEqual(sent, [{type: "take_over"}]);
});
