// What a teacher may do next, from where the room stands: a label's key and the message that does it.

/** @typedef {{key: string, message: any}} Move */

const END_VOTE = {key: "room.next.end_vote", message: {type: "end_vote"}};

/**
 * What comes next.
 *
 * @param {any} state the room's, as the wall or the desk has it
 * @param {number} leftS seconds until the open vote closes
 * @returns {?Move} null where it has ended
 */
export function nextOf(state, leftS) {
  const {phase, step, of, vote, asks, advice, closed, shown} = state;
  if (closed || phase === "end") return null;
  if (phase === "lobby" || (phase === "predict" && asks === "vote" && !vote)) {
    if (asks === "vote" && !vote) return ask(step, false);
    return asks === "open" ? go("room.next.talk", step, "predict") : go("room.next.run", step, "run");
  }
  if (phase === "predict") {
    if (vote && leftS > 0) return END_VOTE;
    return vote?.again ? go("room.next.result", step, "result") : go("room.next.run", step, "run");
  }
  if (phase === "run" || phase === "experiment") return go("room.next.explain", step, "explain");
  if (phase === "explain" && asks === "vote")
    return advice === "again" && !shown ? ask(step, true) : go("room.next.result", step, "result");
  return step + 1 < of ? go("room.next.step", step + 1, "lobby") : go("room.next.end", step, "end");
}

/** What came before in the same step, or the step before. @returns {?Move} null at the beginning */
export function backOf({phase, step, closed}) {
  if (closed) return null;
  if (["explain", "result", "experiment", "end"].includes(phase)) return go("room.back", step, "run");
  if (step > 0) return go("room.back", step - 1, "run");
  return phase === "lobby" ? null : go("room.back", step, "lobby");
}

/** What else may be done, for the desk. @returns {Move[]} */
export function othersOf(state, leftS) {
  const {phase, step, of, vote, asks, closed} = state;
  if (closed) return [];
  const isVoted = asks === "vote" && Boolean(vote);
  const moves = [
    backOf(state),
    isVoted && !vote.again && leftS <= 0 && !state.shown && ask(step, true),
    phase !== "run" && go("room.next.run", step, "run"),
    phase !== "experiment" && state.experiment?.step === step && go("room.next.experiment", step, "experiment"),
    phase !== "explain" && go("room.next.explain", step, "explain"),
    isVoted && phase !== "result" && go("room.next.result", step, "result"),
    step + 1 < of && go("room.next.step", step + 1, "lobby"),
  ];
  const next = nextOf(state, leftS)?.key;
  return moves.filter((move) => move && move.key !== next);
}

/** @returns {Move} */
function ask(step, again) {
  return {key: again ? "room.next.again" : "room.next.ask", message: {type: "ask", step, again}};
}

/** @returns {Move} */
function go(key, step, phase) {
  return {key, message: {type: "go", step, phase}};
}
