import assert from "node:assert/strict";
import {test} from "node:test";
import {before, standing, studyAddress} from "../../../assets/lab/room/experiment_words.js";
import {t} from "../room.js";
import {experimentOf, LEVEL, RATE} from "./experiments.js";

test("it says how far an experiment is, and how it ended", () => {
  const table = [
    [{}, "<room.experiment.state.running done=2 total=8> · <room.experiment.left time=<lab.time.seconds seconds=40>>"],
    [{eta_s: null}, "<room.experiment.state.running done=2 total=8>"],
    [{state: ""}, "<room.experiment.state.new>"],
    [{state: "finished"}, "<room.experiment.state.finished total=8>"],
    [{state: "canceled"}, "<room.experiment.state.canceled done=2 total=8>"],
    [{state: "failed"}, "<room.experiment.state.failed total=8>"],
    [{state: "interrupted"}, "<room.experiment.state.interrupted done=2 total=8>"],
    [{state: "gone"}, "<room.experiment.state.gone>"],
  ];
  for (const [more, said] of table) assert.equal(standing(experimentOf(more), t), said);
});

test("runs that come before one are counted in their order, seed by seed", () => {
  const of = (begun, place, seeds = 1) => before({places: 8, seeds, begun}, place);
  assert.deepEqual([of(0, 0), of(0, 7), of(4, 4), of(4, 7), of(4, 3), of(8, 7)], [0, 7, 0, 3, null, null]);
  assert.deepEqual([of(4, 3, 2), of(8, 0, 2), of(12, 4, 2), of(12, 3, 2)], [7, 0, 0, null]);
});

test("the lab shows the study of an experiment, a sweep with its knobs", () => {
  const page = {address: "/trick?seed=0", bids: []};
  assert.equal(studyAddress(page, experimentOf()), "/trick?seed=0&study=s1");
  assert.equal(studyAddress({address: "/trick", bids: []}, experimentOf()), "/trick?study=s1");
  const swept = (...knobs) => studyAddress({...page, bids: knobs}, experimentOf({knobs: knobs.map(({name}) => name)}));
  assert.equal(swept(LEVEL), "/trick?seed=0&study=s1%3Ab");
  assert.equal(swept(LEVEL, RATE), "/trick?seed=0&study=s1%3Ab%2Cr");
  assert.equal(swept(LEVEL, {...RATE, arm: null}), ""); // a shared setting
});
