/* What happens elsewhere, at once. The server's events become DOM events on the body:

     live:handoff.offered   this topic            (hx-trigger="live:handoff.offered from:body")
     live:handoff           any topic of handoffs
     live:subject:<id>      anything about one object
     live:any               anything at all

   One tab of the browser holds the connection for all its tabs (a browser allows six to a server over HTTP/1.1) and
   passes on what it hears. What happened between the making of a page and its listening is caught up with: from the
   server by the tab that connects, from that tab by the others. A lost connection is tried again ever more slowly; meanwhile, and after events were missed,
   every element that listens is refreshed from time to time. A hidden tab catches up when it is looked at; and while
   something its person did is on its way, nothing is renewed under it, or the answer would find its place gone. */

const POLL_MS = 30_000;
const QUIET_MS = 4_000; // a short break is not worth mentioning
const LONGEST_MS = 60_000;
const RECENT_MS = 60_000; // what was heard is kept so long, for tabs that are just opening
const READ_BEFORE_MS = 5_000; // a page's facts are a little older than the page
const body = document.body;
const url = body.dataset.live;
const state = document.getElementById("live-state");
const channel = url ? new BroadcastChannel(`handoff-live-${body.dataset.person}`) : null;
const waiting = new Set();
const opened = performance.timeOrigin; // by this browser's clock, as all tabs of it go
let mentioned = 0, polling = 0, informed = false, acts = 0;

function tell(name, detail = {}) {
  if (document.hidden || acts) return waiting.add(name);
  body.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
}

/* Every live event that an element of this page waits for. */
function topics() {
  const found = new Set(["live:any"]);
  for (const element of document.querySelectorAll("[hx-trigger*='live:'], [data-hx-trigger*='live:']")) {
    const trigger = element.getAttribute("hx-trigger") ?? element.getAttribute("data-hx-trigger");
    for (const [name] of trigger.matchAll(/live:[^\s,\[]+/g)) found.add(name);
  }
  return found;
}

const refreshAll = () => topics().forEach((name) => tell(name, { missed: true }));

function hear(note) {
  informed = true;
  if (note.state) return show(note.state);
  if (note.topic === "missed") return refreshAll();
  tell(`live:${note.topic}`, note);
  const kind = note.topic.split(".")[0];
  if (kind !== note.topic) tell(`live:${kind}`, note);
  if (note.subject) tell(`live:subject:${note.subject}`, note);
  tell("live:any", note);
}

function show(now) {
  body.dataset.liveState = now;
  clearTimeout(mentioned);
  clearInterval(polling);
  polling = now === "lost" ? setInterval(refreshAll, POLL_MS) : 0;
  if (!state) return;
  if (now === "open") state.hidden = true;
  else mentioned = setTimeout(() => (state.hidden = false), QUIET_MS);
}

function pass(note) {
  channel.postMessage(note);
  hear(note);
}

/* The moment, by the server's clock, up to which this tab knows everything: when its page was made, or just now where
   another tab has told it all until it closed. */
function knownUntil() {
  const made = new Date(document.querySelector("meta[name=now]").content);
  return new Date(made.getTime() + (informed ? Date.now() - opened : 0)).toISOString();
}

function lead() {
  const recent = [];
  let failures = 0, wasOpen = false, last = "";

  function passOn(note) {
    const now = Date.now();
    while (recent.length && recent[0][0] < now - RECENT_MS) recent.shift();
    recent.push([now, note]);
    pass(note);
  }

  function answer({ ask, since }) {
    if (!ask || !last) return;
    channel.postMessage({ state: last, to: ask });
    for (const [at, note] of recent) if (at > since - READ_BEFORE_MS) channel.postMessage({ ...note, to: ask });
  }

  function become(now) {
    if (now !== last) pass({ state: now });
    last = now;
  }

  function connect() {
    const source = new EventSource(wasOpen ? url : `${url}?since=${encodeURIComponent(knownUntil())}`);
    source.addEventListener("hello", () => {
      if (wasOpen) passOn({ topic: "missed" });
      wasOpen = true;
      failures = 0;
      become("open");
    });
    source.onmessage = (event) => passOn(JSON.parse(event.data));
    source.onerror = () => {
      become("lost");
      source.close();
      failures += 1;
      setTimeout(connect, Math.min(LONGEST_MS, 1000 * 2 ** failures) * (0.75 + Math.random() / 2));
    };
  }

  channel.addEventListener("message", (event) => answer(event.data));
  connect();
  return new Promise(() => {}); // the lock is held until this tab goes away
}

function start() {
  const me = Math.random();
  channel.addEventListener("message", ({ data: note }) => {
    if (!note.ask && (!note.to || note.to === me)) hear(note);
  });
  channel.postMessage({ ask: me, since: opened });
  if (navigator.locks) navigator.locks.request(channel.name, lead);
  else lead(); // without HTTPS there are no locks: each tab connects for itself
}

function catchUp() {
  if (document.hidden || acts) return;
  const missed = [...waiting];
  waiting.clear();
  for (const name of missed) tell(name, { missed: true });
}

const isAct = (event) => event.detail.requestConfig?.verb !== "get";

function ended(event) {
  if (!isAct(event) || !acts) return;
  acts -= 1;
  setTimeout(catchUp);
}

document.addEventListener("visibilitychange", catchUp);
document.addEventListener("htmx:beforeSend", (event) => isAct(event) && (acts += 1));
document.addEventListener("htmx:afterRequest", ended);
document.addEventListener("htmx:beforeSwap", (event) => {
  const cause = event.detail.requestConfig?.triggeringEvent?.type ?? "";
  if (!acts || isAct(event) || !cause.startsWith("live:")) return;
  event.detail.shouldSwap = false;
  waiting.add(cause);
});
// Not before everybody who listens is there.
if (url) document.addEventListener("DOMContentLoaded", start);
