/* Keys. data-key="a" on a button, link or field: the key presses it (or puts the cursor there). Two keys after one
   another ("g i") are written with a space. Nothing fires while typing; in a dialog only the dialog's keys count.
   "?" shows what there is on the page; the overlay can switch single keys off, for people who dictate. */

const BETWEEN_MS = 1000;
const OFF = "keys-off";
let before = "";
let timer = 0;

const typing = (target) =>
  target.isContentEditable || target.matches("textarea, select") ||
  (target.matches("input") && !target.matches("[type=checkbox], [type=radio], [type=button], [type=submit], [type=file]"));

const place = () => [...document.querySelectorAll("dialog[open]")].pop() ?? document;

function usable(element) {
  if (element.matches(":disabled, [aria-disabled=true], .disabled")) return false;
  return element.closest("[data-keys-always]") || element.checkVisibility();
}

const candidates = () => [...place().querySelectorAll("[data-key]")].filter(usable);

export function labelOf(element) {
  const words = element.cloneNode(true);
  for (const hint of words.querySelectorAll(".keys, .count, svg")) hint.remove();
  return element.dataset.keyLabel || element.getAttribute("aria-label") || words.textContent.trim().replace(/\s+/g, " ");
}

/* What has just been put into the page acts only once it has settled; until then a link would leave the page instead. */
function use(element) {
  if (element.closest(".htmx-added, .htmx-settling, .htmx-swapping")) {
    return document.addEventListener("htmx:afterSettle", () => element.isConnected && use(element), { once: true });
  }
  if (element.matches("input:not([type=checkbox], [type=radio], [type=submit]), textarea, select")) {
    element.focus();
    element.select?.();
  } else {
    element.click();
  }
}

function forget() {
  before = "";
  clearTimeout(timer);
}

function pressed(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape" && typing(event.target)) return event.target.blur();
  if (typing(event.target) || event.key.length > 1) return;
  if (event.key === "?") {
    event.preventDefault();
    return showHelp();
  }
  if (localStorage.getItem(OFF)) return;
  const here = candidates();
  for (const keys of before ? [`${before} ${event.key}`, event.key] : [event.key]) {
    const exact = here.find((element) => element.dataset.key === keys);
    if (exact) {
      event.preventDefault();
      forget();
      return use(exact);
    }
    if (here.some((element) => element.dataset.key.startsWith(`${keys} `))) {
      event.preventDefault();
      forget();
      before = keys;
      timer = setTimeout(forget, BETWEEN_MS);
      return;
    }
  }
  forget();
}

function row(keys, label) {
  const line = document.createElement("div");
  const name = document.createElement("dt");
  const value = document.createElement("dd");
  name.textContent = label;
  for (const key of keys.split(" ")) value.append(Object.assign(document.createElement("kbd"), { textContent: key }));
  line.append(name, value);
  return line;
}

function showHelp() {
  const help = document.getElementById("keys-help");
  if (!help || help.open) return;
  const seen = new Set();
  const lists = { page: help.querySelector("[data-keys=page]"), go: help.querySelector("[data-keys=go]") };
  for (const list of Object.values(lists)) list.replaceChildren();
  for (const element of candidates()) {
    const keys = element.dataset.key;
    if (seen.has(keys)) continue;
    seen.add(keys);
    lists[keys.startsWith("g ") ? "go" : "page"].append(row(keys, labelOf(element)));
  }
  for (const list of Object.values(lists)) list.closest("section").hidden = !list.children.length;
  for (const entry of help.querySelectorAll("[data-keys-if]")) entry.hidden = !document.querySelector(`main ${entry.dataset.keysIf}`);
  const allowed = help.querySelector("[data-keys-allowed]");
  allowed.checked = !localStorage.getItem(OFF);
  help.showModal();
}

function announce(part) {
  for (const element of part.querySelectorAll("[data-key]")) {
    if (!element.dataset.key.includes(" ")) element.setAttribute("aria-keyshortcuts", element.dataset.key);
  }
}

document.addEventListener("keydown", pressed);
document.addEventListener("click", (event) => event.target.closest("[data-keys-help]") && showHelp());
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-keys-allowed]")) return;
  if (event.target.checked) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "yes");
});
document.addEventListener("htmx:load", (event) => announce(event.detail.elt));
announce(document);
