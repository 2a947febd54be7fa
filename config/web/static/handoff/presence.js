/* Says every minute that this person is here, while they do anything at all: a page left open over lunch falls silent,
   and after five minutes they count as offline. One tab is enough, so each looks whether another has just said it. */

const EVERY_MS = 60_000;
const IDLE_MS = 4 * 60_000;
const SAID = "presence-said";
const place = document.getElementById("presence");
let active = Date.now();

async function say() {
  const now = Date.now();
  if (now - active > IDLE_MS || now - Number(localStorage.getItem(SAID) ?? 0) < EVERY_MS - 5000) return;
  localStorage.setItem(SAID, String(now));
  const headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
  await fetch(place.dataset.alive, { method: "POST", headers, keepalive: true }).catch(() => {});
}

if (place) {
  for (const name of ["pointerdown", "pointermove", "keydown", "scroll"]) {
    addEventListener(name, () => (active = Date.now()), { passive: true });
  }
  // Renewed while it is pressed or its menu is open, it would vanish under the hand: news that come then wait, and so do
  // those that had been asked for just before.
  let waits = false;
  const inUse = () => place.matches(":active") || place.querySelector(":popover-open");
  const hold = (event, stop) => {
    if (event.target !== place || event.detail.requestConfig.verb !== "get" || !inUse()) return;
    waits = true;
    stop();
  };
  place.addEventListener("htmx:beforeRequest", (event) => hold(event, () => event.preventDefault()));
  place.addEventListener("htmx:beforeSwap", (event) => hold(event, () => (event.detail.shouldSwap = false)));
  const renew = () => {
    if (!waits || inUse()) return;
    waits = false;
    place.dispatchEvent(new CustomEvent("renew"));
  };
  place.addEventListener("toggle", renew, { capture: true }); // it does not bubble
  addEventListener("click", () => setTimeout(renew));
  say();
  setInterval(say, EVERY_MS);
}
