/* Lists: a click anywhere in a row opens it, j and k walk through the rows, x selects one, boxes select many. */

const rowsOf = (list) => [...list.querySelectorAll("tr, li")].filter((row) => row.querySelector(".row-link, .split-item"));
const linkOf = (row) => row?.querySelector(".row-link, .split-item");

document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-rows] tr");
  if (!row || row.matches(".row-still") || event.target.closest("a, button, input, label, select, summary, [data-clock]")) return;
  if (getSelection().toString()) return;
  const link = linkOf(row);
  if (!link) return;
  if (event.ctrlKey || event.metaKey) window.open(link.href, "_blank", "noopener");
  else link.click();
});

function walk(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || localStorage.getItem("keys-off")) return;
  if (!["j", "k", "x"].includes(event.key) || event.target.closest("textarea, select, dialog, input:not([type=checkbox])")) return;
  const list = event.target.closest("[data-rows]") ?? document.querySelector("main [data-rows]");
  if (!list) return;
  const rows = rowsOf(list);
  const at = rows.findIndex((row) => row.contains(document.activeElement) || row.querySelector("[aria-current]") === document.activeElement);
  if (event.key === "x") {
    rows[at]?.querySelector("[data-pick]")?.click();
    return;
  }
  const here = at >= 0 ? at : rows.findIndex((row) => row.querySelector("[aria-current]"));
  const next = event.key === "j" ? Math.min(here + 1, rows.length - 1) : Math.max(here - 1, 0);
  linkOf(rows[next])?.focus();
  event.preventDefault();
}

function count() {
  const boxes = [...document.querySelectorAll("[data-pick]")];
  const picked = boxes.filter((box) => box.checked).length;
  for (const place of document.querySelectorAll("[data-pick-count]")) place.textContent = String(picked);
  for (const all of document.querySelectorAll("[data-pick-all]")) {
    all.checked = picked > 0 && picked === boxes.length;
    all.indeterminate = picked > 0 && picked < boxes.length;
  }
}

/* What is picked stays so when a list renews itself, as far as its rows are still there; not when somebody turns the page.
   Kept from just before one part is swapped until just after: other parts may be swapped meanwhile. */
const kept = new WeakMap();

function keepPicked(part) {
  kept.set(part, [...part.querySelectorAll("[data-pick]:checked")].map((box) => box.value));
}

function pickAgain(part) {
  const values = kept.get(part) ?? [];
  kept.delete(part);
  for (const box of document.querySelectorAll("[data-pick]")) box.checked ||= values.includes(box.value);
  count();
}

/* A list wider than the screen can be scrolled by keys too. */
function makeScrollable() {
  for (const frame of document.querySelectorAll(".table-frame")) {
    const scrolls = frame.scrollWidth > frame.clientWidth || frame.scrollHeight > frame.clientHeight;
    if (!scrolls || frame.hasAttribute("tabindex")) continue;
    frame.tabIndex = 0;
    frame.setAttribute("role", "group");
    frame.setAttribute("aria-label", frame.querySelector("caption")?.textContent.trim() || "Table");
  }
}

document.addEventListener("keydown", walk);
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-pick-all]")) {
    for (const box of event.target.closest("table, [data-pick-area]").querySelectorAll("[data-pick]")) box.checked = event.target.checked;
  }
  if (event.target.matches("[data-pick], [data-pick-all]")) count();
});
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-pick-none]")) return;
  for (const box of document.querySelectorAll("[data-pick]:checked")) box.checked = false;
  count();
});
document.addEventListener("htmx:oobBeforeSwap", (event) => keepPicked(event.detail.target));
document.addEventListener("htmx:oobAfterSwap", (event) => pickAgain(event.detail.target));
document.addEventListener("htmx:beforeSwap", (event) => {
  const byItself = (event.detail.requestConfig.triggeringEvent?.type ?? "").startsWith("live:");
  if (byItself) keepPicked(event.detail.target);
  else kept.delete(event.detail.target);
});
document.addEventListener("htmx:afterSwap", (event) => pickAgain(event.detail.target));
document.addEventListener("htmx:afterSettle", makeScrollable);
document.addEventListener("toggle", makeScrollable, true); // a table inside <details>
addEventListener("resize", makeScrollable);
makeScrollable();
