// Which run this tab watches, and what the tab is known by: kept in its session storage, never in the address.

const SECRET = "trick-lab.secret";
const TAB = randomSecret(); // tells this document from others, also from one that is a copy of its tab

let secret = null; // as this document knows it, where the browser keeps none

/** What a socket says first: which document it is of, and the secret that stands in for a cookie. */
export function hello() {
  secret = read(SECRET) ?? secret ?? randomSecret();
  write(SECRET, secret);
  return {type: "hello", tab: TAB, secret};
}

/** The tab's memory of its run of one trick. A copy of the tab comes back to the same run; the server says who steers. */
export class Lease {
  constructor(trick) {
    this.key = `lab.run.${trick}`;
  }

  /**
   * The run this tab watched under these settings, or null.
   *
   * @param {object} settings
   * @param {boolean} whatever of these only the task has to be the same
   */
  recall(settings, whatever = false) {
    const kept = read(this.key);
    if (!kept) return null;
    const fits = whatever
      ? JSON.parse(kept.settings).task === settings.task
      : kept.settings === JSON.stringify(settings);
    if (!fits) return null;
    this.asked = kept.asked;
    return kept.run;
  }

  /** Keeps the run, and the settings under which a reload of this tab may come back to it, with what it was asked for. */
  keep(run, settings, asked) {
    this.asked = asked;
    if (run === null) drop(this.key);
    else write(this.key, {run, settings: JSON.stringify(settings), asked});
  }
}

/** 192 random bits as 32 characters. `randomUUID` is there in secure contexts alone, and a school may be on plain http. */
export function randomSecret() {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_");
}

// A browser may refuse storage altogether; the page then works, and a reload starts afresh.
function read(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
}

function write(key, value) {
  try {
    sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    return;
  }
}

function drop(key) {
  try {
    sessionStorage.removeItem(key);
  } catch {
    return;
  }
}
