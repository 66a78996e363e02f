// A room's code as it is read from a wall.

/** In two halves; "" where the room has none any more. @param {?string} code */
export function spaced(code) {
  return code ? `${code.slice(0, 3)} ${code.slice(3)}` : "";
}
