// Times of the past, as the reader's language writes them.

/** A time of the past, short: today its hour, else its day. */
export function when(seconds, language, now = Date.now()) {
  const [at, today] = [new Date(seconds * 1000), new Date(now)];
  const hour = {hour: "2-digit", minute: "2-digit", hourCycle: "h23"};
  if (at.toDateString() === today.toDateString()) return said(at, hour, language);
  const day = {day: "numeric", month: "short"};
  if (at.getFullYear() !== today.getFullYear()) return said(at, {...day, year: "numeric"}, language);
  return said(at, {...day, ...hour}, language);
}

/** The same whole. */
export function exactly(seconds, language) {
  return said(new Date(seconds * 1000), {dateStyle: "long", timeStyle: "medium"}, language);
}

function said(date, options, language) {
  return new Intl.DateTimeFormat(language, options).format(date);
}
