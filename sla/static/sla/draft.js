/* Beside the form of a draft: each row in plain words as one types, conditions read back, hours drawn as bars, and the
   row that a link points at opened. Without this script the form works; it only says less. */

const PAUSE_MS = 400;
const DAY_MINUTES = 1440;
let head = null; // this script runs before the page is there
const timers = new WeakMap();

function later(element, act) {
  clearTimeout(timers.get(element));
  timers.set(element, setTimeout(act, PAUSE_MS));
}

async function ask(url, data) {
  data.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  const answer = await fetch(url, { method: "POST", body: data, headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}

function paragraphs(place, words, problems) {
  place.replaceChildren(
    ...words.map((text) => Object.assign(document.createElement("p"), { textContent: text })),
    ...problems.map((text) => Object.assign(document.createElement("p"), { textContent: text, className: "draft-problem" })),
  );
}

/* --- a row in words --- */
function prefixOf(row) {
  const named = row.querySelector("[name*='-']")?.name ?? "";
  return named.match(/^(.+-(?:\d+|__prefix__))-/)?.[1] ?? "";
}

async function renew(row) {
  const place = row.querySelector("[data-words]");
  const prefix = prefixOf(row);
  if (!place || !prefix || !head?.dataset.wordsUrl) return;
  const data = new FormData();
  for (const field of row.querySelectorAll("[name]")) {
    const chosen = !["checkbox", "radio"].includes(field.type) || field.checked;
    if (field.name.startsWith(`${prefix}-`) && chosen && !field.disabled) data.append(field.name, field.value);
  }
  data.set("prefix", prefix);
  data.set("section", place.dataset.wordsSection);
  place.setAttribute("aria-busy", "true");
  try {
    const { words, problems } = await ask(head.dataset.wordsUrl, data);
    paragraphs(place, words, problems);
  } catch {
    paragraphs(place, [], ["It cannot be put into words just now."]);
  } finally {
    place.removeAttribute("aria-busy");
  }
}

document.addEventListener("input", (event) => {
  const row = event.target.closest(".form-group");
  if (row) later(row, () => renew(row));
  if (event.target.matches("[data-criteria]")) later(event.target, () => readCriteria(event.target));
  if (event.target.matches("[data-hours]")) draw(event.target);
});
document.addEventListener("change", (event) => {
  const row = event.target.closest(".form-group");
  if (row) later(row, () => renew(row));
});

/* --- conditions --- */
async function readCriteria(field) {
  let place = field.parentElement.querySelector(".criteria-words");
  if (!place) {
    place = Object.assign(document.createElement("p"), { className: "criteria-words" });
    place.setAttribute("aria-live", "polite");
    field.after(place);
  }
  const data = new FormData();
  data.set("criteria", field.value.trim());
  try {
    const { words, problems } = await ask(head.dataset.criteriaUrl, data);
    place.classList.toggle("criteria-wrong", problems.length > 0);
    place.textContent = problems.length ? problems.join(" ") : `In words: ${words}`;
  } catch {
    place.textContent = "It cannot be checked just now.";
  }
}

/* --- hours --- */
function minutes(text) {
  const [hours, rest] = text.split(/[:.]/);
  return Number(hours) * 60 + Number(rest || 0);
}

function draw(field) {
  const bar = field.closest(".week-day")?.querySelector("[data-bar]");
  if (!bar) return;
  bar.replaceChildren();
  for (const [, from, until] of field.value.matchAll(/(\d{1,2}(?:[:.]\d{2})?)\s*(?:-|–|to)\s*(\d{1,2}(?:[:.]\d{2})?)/g)) {
    const start = minutes(from), end = minutes(until);
    for (const [x, width] of end > start ? [[start, end - start]] : [[start, DAY_MINUTES - start], [0, end]]) {
      const span = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      for (const [name, value] of Object.entries({ x, width, y: 0, height: 10 })) span.setAttribute(name, value);
      bar.append(span);
    }
  }
}

document.addEventListener("click", (event) => {
  if (!event.target.matches("[data-copy-monday]")) return;
  const lines = [...event.target.closest("[data-week]").querySelectorAll("[data-hours]")];
  for (const line of lines.slice(1, 5)) {
    line.value = lines[0].value;
    line.dispatchEvent(new Event("input", { bubbles: true }));
  }
});

/* --- a new row is there to be filled in --- */
document.addEventListener("formset:added", (event) => {
  const row = event.target;
  const shown = () => [...row.querySelectorAll("input:not([type=hidden]), select, textarea")].find((field) => field.checkVisibility());
  setTimeout(() => {
    if (!shown()) row.querySelector("h3")?.click(); // rows begin closed
    setTimeout(() => shown()?.focus(), 100);
  }, 100); // Alpine binds its clicks first
});

/* --- the row a link points at ("#commitment:first-call") is opened --- */
function open() {
  const key = decodeURIComponent(location.hash.slice(1)).split(":")[1];
  if (!key) return;
  const field = [...document.querySelectorAll("[name$='-key']")].find((one) => one.value === key);
  const row = field?.closest(".form-group");
  if (!row) return;
  row.querySelector("h3 strong")?.click();
  row.scrollIntoView({ block: "start" });
}

document.addEventListener("DOMContentLoaded", () => { head = document.querySelector(".draft-head"); });
addEventListener("load", () => {
  document.querySelectorAll("[data-hours]").forEach(draw);
  // A draft's rows are in words already; only a form of one condition is read at once.
  if (head?.dataset.criteriaUrl && !head.dataset.wordsUrl) document.querySelectorAll("[data-criteria]").forEach((field) => field.value.trim() && readCriteria(field));
  setTimeout(open, 200); // Alpine binds its clicks first
});
