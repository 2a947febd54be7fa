/* Keeps the queue and the board true without reloading: whatever happens to a lead has the changing parts fetched anew,
   at once for the first event of a burst, then at most every GAP_MS until the burst is over, and never two at a time. */

const GAP_MS = 500;
const TOPICS = /^(handoff|queue|attempt|callback|clock|presence|call)\./;
const place = document.querySelector("[data-queue-live]");
let timer = 0, asking = false, again = false, last = 0;

async function refresh() {
  timer = 0;
  if (asking) return (again = true);
  asking = true;
  last = Date.now();
  try {
    await window.htmx.ajax("GET", place.dataset.queueLive + location.search, { target: place, swap: "none" });
  } finally {
    asking = false;
    if (again) schedule();
    again = false;
  }
}

function schedule() {
  if (timer) return;
  timer = setTimeout(refresh, Math.max(0, last + GAP_MS - Date.now()));
}

if (place) {
  document.body.addEventListener("live:any", (event) => {
    if (event.detail.missed || TOPICS.test(event.detail.topic ?? "")) schedule();
  });
}
