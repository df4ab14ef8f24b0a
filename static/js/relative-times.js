/* <time data-relative> holds the exact time; while it is less than a day old it reads "12 minutes ago", with
   the exact time in the tooltip. */
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const words = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "auto" });

function tell(time) {
  const age = Date.now() - Date.parse(time.dateTime);
  const place = time.querySelector("a") ?? time;
  time.dataset.exact ??= place.textContent;
  const isFresh = age >= 0 && age < DAY;
  place.textContent = isFresh ? spoken(age) : time.dataset.exact;
  if (isFresh) time.title = time.dataset.exact;
}

function spoken(age) {
  if (age < MINUTE) return words.format(0, "second");
  return age < HOUR ? words.format(-Math.floor(age / MINUTE), "minute") : words.format(-Math.floor(age / HOUR), "hour");
}

const all = () => document.querySelectorAll("time[data-relative]").forEach(tell);
all();
setInterval(() => document.visibilityState === "visible" && all(), MINUTE);
document.addEventListener("fragment", all);
