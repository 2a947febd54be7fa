/* The inbox: which line is open, and a phone's one-thing-at-a-time. */

const main = document.querySelector(".inbox-main");

function mark() {
  const open = document.getElementById("handoff")?.dataset.handoff;
  for (const line of document.querySelectorAll(".inbox-line")) {
    const link = line.querySelector(".split-item");
    if (line.dataset.handoff === open) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

/* A phone shows the list or the lead: opening one by htmx changes which. */
function show() {
  if (!main) return;
  main.classList.add("inbox-opened");
  document.querySelector(".split")?.classList.add("split-opened");
  if (matchMedia("(max-width: 61.99em)").matches) {
    scrollTo(0, 0);
    document.getElementById("detail")?.focus({ preventScroll: true });
  }
}

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.requestConfig?.elt?.matches(".split-item")) show();
  mark();
});

/* A word that was sent leaves its field. Who was too late sees how it stands now, beside the toast that says why. */
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.xhr.status === 409) document.body.dispatchEvent(new CustomEvent("work:changed", { bubbles: true }));
  if (event.detail.successful && event.detail.elt.matches("[data-say]")) event.detail.elt.reset();
});
mark();
