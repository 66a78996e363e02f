// The small curves of a run: each arm's training loss in a few points.

const WIDTH = 72;
const HEIGHT = 24;
const PAD = 2;
const SVG = "http://www.w3.org/2000/svg";

/** Each arm's line as an SVG path, all on one scale; null is where nothing was recorded. */
export function paths(curve) {
  const values = curve.flat().filter((value) => value !== null);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return curve.map((arm) => {
    let isDown = false;
    const parts = arm.map((value, i) => {
      if (value === null) {
        isDown = false;
        return "";
      }
      const x = PAD + (i / Math.max(1, arm.length - 1)) * (WIDTH - 2 * PAD);
      const y = HEIGHT - PAD - ((value - low) / (high - low || 1)) * (HEIGHT - 2 * PAD);
      const move = isDown ? "L" : "M";
      isDown = true;
      return `${move}${x.toFixed(1)} ${y.toFixed(1)}`;
    });
    return parts.join("");
  });
}

/** The drawing; numbers beside it say what it shows. */
export function sparkline(curve) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "library-spark");
  for (const [arm, line] of paths(curve).entries()) {
    if (!line) continue;
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", line);
    path.setAttribute("data-arm", String(arm));
    svg.append(path);
  }
  return svg;
}
