/* What becomes of an htmx answer that is not simply the wanted piece of page. The statuses that swap are listed in the
   page's htmx-config; here is what needs a look at the answer. */

const say = (text, level = "error") =>
  document.body.dispatchEvent(new CustomEvent("toast", { bubbles: true, detail: { level, text } }));

const SENTENCES = {
  400: "The request could not be read. Reload the page and try again.",
  403: "You may not do this, or your session is over. Reload the page and try again.",
  404: "This is not there any more. Somebody may have moved or removed it.",
  413: "That is too large to be sent.",
  429: "Too many requests at once. Wait a moment and try again.",
};

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  const answeredBy = new URL(xhr.responseURL || location.href);
  if (answeredBy.pathname === document.body.dataset.login && location.pathname !== answeredBy.pathname) {
    event.detail.shouldSwap = false; // the session is over: sign in, then come back here
    location.assign(`${answeredBy.pathname}?next=${encodeURIComponent(location.pathname + location.search)}`);
    return;
  }
  if ([403, 409].includes(xhr.status) && !xhr.getResponseHeader("HX-Retarget")) {
    event.detail.shouldSwap = false; // a whole page that explains, not a piece of this one
    say(SENTENCES[xhr.status] ?? "This has changed meanwhile. Reload the page to see how it stands.");
  }
});

document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  say(SENTENCES[status] ?? "Something went wrong on our side. It has been noted; try again in a moment.");
});

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => say("No connection to the server. Nothing was changed.", "warning"));
}
