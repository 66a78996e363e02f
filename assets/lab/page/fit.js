// How much of the screen a lab takes.

/** The height in pixels of a lab that fills the screen below the page's heading, with a strip left for what follows. */
export function heightOf(root, present) {
  const scroller = scrollParent(root);
  const frame = scroller === document.documentElement ? 0 : scroller.getBoundingClientRect().top;
  const top = root.getBoundingClientRect().top - frame + scroller.scrollTop;
  const below = present ? 16 : 64;
  const room = Math.round(innerHeight - Math.min(top, innerHeight / 2) - below);
  return Math.min(Math.max(room, present ? 360 : 560), present ? 4000 : 1100);
}

/** The size of the smaller text in pixels: for a projector a share of the screen's height. */
export function fontOf(present) {
  return present ? Math.max(18, Math.ceil(innerHeight / 45)) : 12;
}

function scrollParent(element) {
  for (let above = element.parentElement; above; above = above.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(above).overflowY)) return above;
  }
  return document.documentElement;
}
