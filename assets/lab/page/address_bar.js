// The address of the page, which says what is set.

const WRITE_MS = 300; // browsers take about a hundred changes of the address in half a minute, and a drag makes more
const EMBED = ["embed", "embed_options"]; // Streamlit's own parameters

/** The language of the page as a parameter, where the address says it. @returns {{lang?: string}} */
export function spoken() {
  const lang = new URLSearchParams(location.search).get("lang");
  return lang === null ? {} : {lang};
}

export class AddressBar {
  /** @param {function(Object<string, string>): string} query what the address is to say, with those parameters kept */
  constructor(query) {
    this.query = query;
  }

  /** Writes it in a moment. */
  soon() {
    this.timer ??= setTimeout(() => this.write(), WRITE_MS);
  }

  write() {
    this.stop();
    const given = [...new URLSearchParams(location.search)].filter(([name]) => EMBED.includes(name));
    const search = this.query(Object.fromEntries(given));
    if (location.search !== search)
      history.replaceState(history.state, "", `${location.pathname}${search}${location.hash}`);
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = null;
  }
}
