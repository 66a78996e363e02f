// What is done at once, and then at most once in a frame of the screen.

const FRAME_MS = 16;

/** A function that calls `act` now, or with the next frame if it has just done something: it says whether it did. */
export function atMostOnceAFrame(act) {
  let last = -Infinity;
  let frame = null;
  const run = () => {
    frame = null;
    if (act()) last = performance.now();
  };
  return () => {
    if (frame !== null) return;
    if (performance.now() - last >= FRAME_MS) run();
    else frame = requestAnimationFrame(run);
  };
}
