/* Short messages. From Django's messages with the page; from an htmx answer by the header
     HX-Trigger: {"toast": {"level": "success", "text": "Accepted.", "url": "/…", "label": "Undo"}}
   or as markup into #toasts (a refused verb). Good news goes away by itself, not while it is looked at. */

const AWAY_MS = 7000;
const place = document.getElementById("toasts");

export function toast({ level = "info", text = "", url = "", label = "" }) {
  const template = document.getElementById(`toast-${level}`) ?? document.getElementById("toast-info");
  const note = template.content.firstElementChild.cloneNode(true);
  const words = note.querySelector("[data-toast-text]");
  words.textContent = text;
  if (url && new URL(url, location.href).origin === location.origin) {
    words.append(" ", Object.assign(document.createElement("a"), { href: url, textContent: label || "Show" }));
  }
  place.append(note);
}

function dismiss(note) {
  if (note.matches(":hover, :focus-within")) return setTimeout(dismiss, AWAY_MS, note);
  note.remove();
}

function watch(note) {
  const stays = note.matches(".tells-error, .tells-warning") || note.querySelector("a");
  if (!stays) setTimeout(dismiss, AWAY_MS, note);
}

if (place) {
  place.querySelectorAll("[data-toast]").forEach(watch);
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const note of addedNodes) if (note instanceof Element && note.matches("[data-toast]")) watch(note);
    }
  }).observe(place, { childList: true });
  document.addEventListener("click", (event) => event.target.closest("[data-toast-close]")?.closest("[data-toast]").remove());
  document.addEventListener("toast", (event) => toast(event.detail));
}
