// Which run this tab watches: kept in the tab's session storage, never in the address.

const ANSWER_MS = 120;

/**
 * The tab's lease on its run of one trick. A duplicated tab copies the session storage, so a lease is taken aloud:
 * a tab that already watches the run answers, and the newcomer starts without it.
 */
export class Lease {
  constructor(trick) {
    this.key = `lab.run.${trick}`;
    this.token = Math.random().toString(36).slice(2);
    this.channel = new BroadcastChannel("lab.runs");
    this.run = null;
    this.channel.addEventListener("message", ({data}) => {
      if (data.type === "lease" && data.token !== this.token && data.run === this.run) {
        this.channel.postMessage({type: "held", token: data.token});
      }
    });
  }

  /**
   * The run this tab watched under these settings, or null; resolves once no other tab objects.
   *
   * @param {object} settings
   * @param {boolean} whatever of these only the task has to be the same
   */
  async recall(settings, whatever = false) {
    const kept = read(this.key);
    if (!kept) return null;
    const fits = whatever
      ? JSON.parse(kept.settings).task === settings.task
      : kept.settings === JSON.stringify(settings);
    if (!fits) return null;
    const held = await this.#ask(kept.run);
    if (held) return null;
    this.run = kept.run;
    this.asked = kept.asked;
    return kept.run;
  }

  /** Keeps the run, and the settings under which a reload of this tab may come back to it, with what it was asked for. */
  keep(run, settings, asked) {
    this.run = run;
    this.asked = asked;
    if (run === null) drop(this.key);
    else write(this.key, {run, settings: JSON.stringify(settings), asked});
  }

  close() {
    this.channel.close();
  }

  #ask(run) {
    return new Promise((resolve) => {
      const answer = ({data}) => data.type === "held" && data.token === this.token && settle(true);
      const timer = setTimeout(() => settle(false), ANSWER_MS);
      const settle = (held) => {
        clearTimeout(timer);
        this.channel.removeEventListener("message", answer);
        resolve(held);
      };
      this.channel.addEventListener("message", answer);
      this.channel.postMessage({type: "lease", token: this.token, run});
    });
  }
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
