/* The console: holds the lead while the rep is here, lets it go when they leave, dials, and opens what an outcome asks.

   The lease is renewed every half minute while anything was done in the last quarter of an hour. A page that goes away
   says so; one that closes with the laptop does not, and the lease lapses by itself. */

const EVERY_MS = 30_000;
const IDLE_MS = 15 * 60_000;
const desk = document.querySelector("[data-console]");
const pane = document.getElementById("outcome-pane");
const headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
let active = Date.now();
let acting = false; // leaving by an outcome, not by going away
let lost = false;

async function hold() {
  if (lost || acting || Date.now() - active > IDLE_MS) return;
  const answer = await fetch(desk.dataset.hold, { method: "POST", headers }).catch(() => null);
  if (answer?.status === 409) over();
}

function over() {
  lost = true;
  document.getElementById("console-lost").hidden = false;
  document.body.classList.add("console-over");
}

function leave() {
  if (acting || lost) return;
  const said = new FormData();
  said.set("csrfmiddlewaretoken", headers["X-CSRFToken"] ?? "");
  navigator.sendBeacon(desk.dataset.leave, said);
}

function closePane() {
  pane.replaceChildren();
  document.getElementById("main").focus({ preventScroll: true });
}

/* What their clock shows, as time goes on. */
for (const place of document.querySelectorAll("[data-there]")) {
  const shown = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: place.dataset.there });
  setInterval(() => (place.textContent = shown.format(new Date())), 10_000);
}

if (desk) {
  for (const name of ["pointerdown", "keydown", "pointermove"]) addEventListener(name, () => (active = Date.now()), { passive: true });
  hold();
  setInterval(hold, EVERY_MS);
  // Who comes back, to the page or into the net, sees at once whether the lead is still theirs.
  addEventListener("online", hold);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible") return;
    active = Date.now();
    hold();
  });
  for (const topic of ["live:queue.moved", "live:queue.freed"]) document.body.addEventListener(topic, hold);
  addEventListener("pagehide", leave);
  addEventListener("submit", (event) => {
    if (!event.defaultPrevented) acting = true;
  });
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.getResponseHeader("HX-Redirect")) acting = true;
  });
  addEventListener("pageshow", (event) => {
    acting = false;
    if (event.persisted) location.reload();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-call]")) window.htmx.ajax("POST", desk.dataset.dial, { target: "#line", swap: "innerHTML" });
    if (event.target.closest("[data-pane-close]")) closePane();
  });

  // What is typed says itself how it is kept; the sign stands beside the notes, their form at the end of the page.
  const sign = document.getElementById("note-saved");
  new MutationObserver(() => (document.getElementById("note-state").textContent = sign.textContent)).observe(sign, { childList: true, characterData: true, subtree: true });
}

if (pane) {
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== pane || !pane.children.length) return;
    pane.scrollIntoView({ block: "nearest" });
    pane.querySelector(":is(input:not([type=hidden]), select, textarea)")?.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && pane.children.length && !document.querySelector("dialog[open]")) closePane();
    if (event.key !== "Enter" || event.defaultPrevented) return;
    const ready = event.ctrlKey || event.metaKey || (event.target.matches("select") && pane.contains(event.target));
    if (!ready) return;
    event.preventDefault();
    event.target.form?.requestSubmit();
  });
}
