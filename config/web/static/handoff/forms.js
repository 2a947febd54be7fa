/* Forms: sent once, not lost by accident, saved as one writes.

   data-guard       asks before a half-filled form is left
   data-autosave    raises the event "autosave" on the form a moment after typing stops
                    (hx-post="…" hx-trigger="autosave"), and says in [data-autosave-state] how it went
   data-prune       leaves empty fields out of the address (filters)
   data-drop        a file field onto which files may be dropped */

const BEGINS_MS = 2000;
const PAUSE_MS = 800;
const timers = new WeakMap();
const saveState = (form, text) => form.querySelectorAll("[data-autosave-state]").forEach((place) => (place.textContent = text));

function release(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[aria-busy=true]")) {
    button.removeAttribute("aria-busy");
    button.disabled = false;
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
  delete form.dataset.changed;
  setTimeout(() => { // afterwards, or the pressed button's own value would not be sent
    for (const button of form.querySelectorAll("button[type=submit], button:not([type])")) {
      button.disabled = true;
      button.setAttribute("aria-busy", "true");
    }
  });
});
addEventListener("pageshow", (event) => event.persisted && document.querySelectorAll("form[data-sent]").forEach(release));
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt.closest("form");
  if (!form) return;
  release(form);
  if (form.matches("[data-autosave]")) saveState(form, event.detail.successful ? "Saved" : "Not saved");
  if (event.detail.successful) delete form.dataset.changed;
});

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (!form) return;
  form.dataset.changed = "yes";
  if (!form.matches("[data-autosave]")) return;
  clearTimeout(timers.get(form));
  saveState(form, "Not saved yet");
  timers.set(form, setTimeout(() => {
    saveState(form, "Saving");
    form.dispatchEvent(new CustomEvent("autosave", { bubbles: true }));
  }, PAUSE_MS));
});

/* A call or a mail that a link begins leaves the page where it is, though browsers ask it as if it were left. */
let begun = 0;
document.addEventListener("click", (event) => {
  if (event.target.closest?.("a[href^='tel:'], a[href^='sip:'], a[href^='mailto:']")) begun = Date.now();
}, { capture: true });
addEventListener("beforeunload", (event) => {
  if (Date.now() - begun < BEGINS_MS) return;
  if (document.querySelector("form[data-guard][data-changed], form[data-autosave][data-changed]")) event.preventDefault();
});

document.addEventListener("htmx:configRequest", (event) => {
  const { elt, formData } = event.detail;
  if (!elt.closest("[data-prune]")) return;
  for (const [name, value] of [...formData.entries()]) if (value === "") formData.delete(name);
});

function showName(field) {
  const place = field.closest("[data-drop]")?.querySelector("[data-drop-name]");
  if (place && field.files.length) place.textContent = [...field.files].map((file) => file.name).join(", ");
}

for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    const area = event.target.closest?.("[data-drop]");
    if (!area) return;
    event.preventDefault();
    area.classList.toggle("drop-over", name === "dragover");
    const field = area.querySelector("input[type=file]");
    if (name !== "drop" || !event.dataTransfer.files.length) return;
    field.files = event.dataTransfer.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
}
document.addEventListener("change", (event) => event.target.matches("input[type=file]") && showName(event.target));

/* After a refused form the cursor stands in the first wrong field. */
const toError = (part) => part.querySelector?.("[aria-invalid=true]")?.focus();
toError(document.querySelector("main form") ?? document.createElement("i"));
document.addEventListener("htmx:afterSettle", (event) => event.detail.xhr?.status === 422 && toError(event.detail.target));
