// Numbers and places: of knobs on their sliders, of the speed, and of values along an axis.

/** Whether values are spaced by factors rather than by steps. */
export function logarithmic(xs) {
  if (xs.length < 3 || xs.some((x) => !(x > 0))) return false;
  const [first, last] = [xs[0], xs.at(-1)];
  const share = Math.floor((xs.length - 1) / 2) / (xs.length - 1);
  const middle = xs[Math.floor((xs.length - 1) / 2)];
  const [linear, factor] = [first + (last - first) * share, first * (last / first) ** share];
  return Math.abs(middle - factor) < Math.abs(middle - linear);
}

const SLOWEST = 1; // steps a second at the ends of the slider, a part of what the server takes
const FASTEST = 1000; // its last place is as fast as it goes
export const PLACES = 100;
const FREE_FROM = 97;
const KEY_STEPS = 50; // turns of the keyboard from one end of a knob to the other

/** How a number and a place on its slider (0 to 1) belong together, and which numbers a slider gives. */
export class Scale {
  constructor({low, high, integer, scale}) {
    this.low = low;
    this.high = high;
    this.integer = integer;
    this.log = scale === "log" && low > 0;
  }

  place(value) {
    const share = this.log
      ? Math.log(value / this.low) / Math.log(this.high / this.low)
      : (value - this.low) / (this.high - this.low || 1);
    return Math.min(Math.max(share, 0), 1);
  }

  value(place) {
    const exact = this.log ? this.low * (this.high / this.low) ** place : this.low + place * (this.high - this.low);
    return this.round(exact);
  }

  /** A number with no more digits than the slider can tell apart, and within the range. */
  round(exact) {
    let value = exact;
    if (this.integer) value = Math.round(exact);
    else if (this.log) value = Number(exact.toPrecision(2));
    else {
      const digits = Math.max(0, -Math.floor(Math.log10((this.high - this.low) / 100)));
      value = Number(exact.toFixed(Math.min(digits, 12)));
    }
    return Math.min(Math.max(value, this.low), this.high);
  }

  /** The number that many key presses up or down; each moves a whole number by at least one. */
  next(value, presses) {
    const moved = this.value(this.place(value) + presses / KEY_STEPS);
    if (!this.integer || Math.abs(moved - value) >= Math.abs(presses)) return moved;
    return Math.min(Math.max(value + presses, this.low), this.high);
  }
}

/** Whether a knob that counts `when` another has certain values, or `unless` it has one, does not at `values`. */
export function isIdle({when, unless}, values) {
  if (when && !when.slice(1).includes(values[when[0]])) return true;
  return Boolean(unless) && values[unless[0]] === unless[1];
}

export function speedAt(place) {
  return place >= FREE_FROM
    ? null
    : Number((SLOWEST * (FASTEST / SLOWEST) ** (place / (FREE_FROM - 1))).toPrecision(2));
}

export function placeOf(speed) {
  if (speed === null) return PLACES;
  const share = Math.log(Math.max(speed, SLOWEST) / SLOWEST) / Math.log(FASTEST / SLOWEST);
  return Math.min(Math.round(share * (FREE_FROM - 1)), FREE_FROM - 1);
}

/** The steps to smooth over at a share (0 to 1) of the slider's length, of which its end stands for the most. */
export function smoothingAt(share, most) {
  return Math.round(most ** share);
}

export function shareOf(smoothing, most) {
  return Math.log(smoothing) / Math.log(most);
}
