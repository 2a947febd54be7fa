/* Clocks and relative times, kept true by one timer for the whole page. The server has already written the text;
   this says the same a second later. config/web/clockface.py and wording.py hold the same rules: what is left is
   rounded down, what is late is rounded up. */

const MINUTE = 60, HOUR = 3600, DAY = 86400;
const AMBER_FROM = 75; // percent used, where no warning of the agreement is given
const root = document.documentElement;

function two(big, bigUnit, small, smallUnit) {
  const parts = big ? [`${big} ${bigUnit}`] : [];
  if (small || !parts.length) parts.push(`${small} ${smallUnit}`);
  return parts.join(" ");
}

export function duration(seconds, up = false) {
  const size = Math.abs(seconds);
  if (size > 0 && size < MINUTE && !up) return `${Math.floor(size)} s`;
  const minutes = up ? Math.ceil(size / MINUTE) : Math.floor(size / MINUTE);
  const hours = Math.floor(minutes / 60);
  return hours >= 24 ? two(Math.floor(hours / 24), "d", hours % 24, "h") : two(hours, "h", minutes % 60, "min");
}

const formats = new Map();
function parts(at, zone) {
  if (!formats.has(zone)) {
    formats.set(zone, new Intl.DateTimeFormat("en-GB", {
      timeZone: zone || undefined, weekday: "short", day: "numeric", month: "short", year: "numeric",
      hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    }));
  }
  const found = Object.fromEntries(formats.get(zone).formatToParts(at).map((part) => [part.type, part.value]));
  found.month = found.month.slice(0, 3); // some browsers write "Sept"
  return found;
}

export function leftText(due, now, zone) {
  const left = (due - now) / 1000;
  if (left <= 0) return "due now";
  if (left < 5 * MINUTE) return `${Math.floor(left / 60)}:${String(Math.floor(left) % 60).padStart(2, "0")}`;
  if (left < DAY) return duration(left);
  const at = parts(due, zone);
  return left < 6 * DAY ? `${at.weekday} ${at.hour}:${at.minute}` : `${at.day} ${at.month} ${at.hour}:${at.minute}`;
}

export const lateText = (from, now) => `${duration((now - from) / 1000, true)} late`;

export function usedPercent(start, due, now) {
  if (!start || !due || due <= start) return 0;
  return Math.max(0, Math.min(100, Math.trunc(((now - start) / (due - start)) * 100)));
}

export function agoText(at, now, zone) {
  const gap = (now - at) / 1000;
  const size = Math.abs(gap);
  if (size < MINUTE) return "just now";
  if (size >= 7 * DAY) {
    const then = parts(at, zone);
    return `${then.day} ${then.month}` + (then.year === parts(now, zone).year ? "" : ` ${then.year}`);
  }
  const [step, unit] = [[DAY, "d"], [HOUR, "h"], [MINUTE, "min"]].find(([length]) => size >= length);
  const amount = `${Math.floor(size / step)} ${unit}`;
  return gap > 0 ? `${amount} ago` : `in ${amount}`;
}

/* The server's idea of now, so that a wrong clock on this machine does not show a wrong promise. A page taken from
   the browser's cache carries an old "now" and is left to this machine's clock. */
const [navigation] = performance.getEntriesByType("navigation");
const said = Date.parse(document.querySelector('meta[name="now"]')?.content);
const skew = said && navigation?.type !== "back_forward" ? said - (performance.timeOrigin + (navigation?.responseStart ?? 0)) : 0;
const now = () => new Date(Date.now() + (Math.abs(skew) > 2000 ? skew : 0));

function say(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

function showClock(clock, at, zone) {
  const due = new Date(clock.dataset.due);
  const breach = clock.dataset.breach ? new Date(clock.dataset.breach) : due;
  const late = at > breach;
  const used = late ? 100 : usedPercent(clock.dataset.start && new Date(clock.dataset.start), due, at);
  const warned = clock.dataset.warn ? at >= new Date(clock.dataset.warn) : used >= AMBER_FROM;
  say(clock.querySelector(".clock-text"), late ? lateText(breach, at) : leftText(due, at, zone));
  clock.querySelector(".clock-hand")?.setAttribute("stroke-dasharray", `${used} 100`);
  const tone = late ? "clock-late" : warned ? "clock-soon" : "clock-calm";
  if (!clock.classList.contains(tone)) {
    const moved = clock.dataset.counted;
    clock.classList.remove("clock-calm", "clock-soon", "clock-late");
    clock.classList.add(tone);
    if (moved) clock.dispatchEvent(new CustomEvent("clock:turned", { bubbles: true, detail: { tone } }));
  }
  clock.dataset.counted = "yes";
}

function tick() {
  if (document.hidden) return;
  const at = now(), zone = root.dataset.zone;
  for (const clock of document.querySelectorAll("[data-clock]")) showClock(clock, at, zone);
  for (const time of document.querySelectorAll("[data-ago]")) say(time, agoText(new Date(time.dateTime), at, zone));
}

tick();
setInterval(tick, 1000);
document.addEventListener("visibilitychange", tick);
document.addEventListener("htmx:load", tick);
