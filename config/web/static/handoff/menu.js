/* Menus are native popovers; this puts them beside their button and lets the arrow keys walk through them. */

const GAP = 4;
const opened = () => document.querySelector("[data-menu]:popover-open");
const buttonOf = (menu) => document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);

function put(menu) {
  const button = buttonOf(menu)?.getBoundingClientRect();
  if (!button) return;
  const { width, height } = menu.getBoundingClientRect();
  const right = button.left + width > innerWidth - GAP;
  const above = button.bottom + height + GAP > innerHeight && button.top - height - GAP > 0;
  Object.assign(menu.style, {
    inset: "auto",
    left: `${Math.max(GAP, right ? button.right - width : button.left)}px`,
    top: `${above ? button.top - height - GAP : button.bottom + GAP}px`,
  });
}

function walk(event) {
  const menu = opened();
  if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
  if (!menu.contains(event.target) && event.target !== buttonOf(menu)) return;
  const items = [...menu.querySelectorAll("a[href], button:not(:disabled)")];
  const at = items.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at < 0 ? items.length - 1 : at - 1, Home: 0, End: items.length - 1 }[event.key];
  items.at(next % items.length)?.focus({ preventScroll: true });
  event.preventDefault();
}

// A menu with hx-trigger="menu:open" fetches what it shows.
const fill = (menu) => menu.dispatchEvent(new CustomEvent("menu:open"));

document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (event.newState !== "open" || !menu.matches?.("[data-menu]")) return;
  put(menu);
  fill(menu);
}, true);
// One with data-menu-renews="live:notice" does so again at that event, unless somebody is just walking through it.
for (const { dataset } of document.querySelectorAll("[data-menu-renews]")) {
  document.body.addEventListener(dataset.menuRenews, () => {
    const menu = opened();
    if (menu?.dataset.menuRenews === dataset.menuRenews && !menu.contains(document.activeElement)) fill(menu);
  });
}
document.addEventListener("htmx:afterSettle", (event) => event.detail.target?.matches?.("[data-menu]:popover-open") && put(event.detail.target));
document.addEventListener("keydown", walk);
for (const name of ["resize", "scroll"]) {
  addEventListener(name, () => opened() && put(opened()), { capture: true, passive: true });
}
document.addEventListener("click", (event) => {
  // Filters that open downwards close when something else is clicked.
  for (const filter of document.querySelectorAll("details.filter-many[open]")) {
    if (!filter.contains(event.target)) filter.open = false;
  }
});
