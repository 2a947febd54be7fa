/* A builder of conditions: writes the JSON of a text field from rows that anybody can read. The field stays, "as text", and
   without this script it is all there is. Used in the portal and beside the fields of a draft in the admin.

   <div data-builder data-vocabulary-url="…" [data-count-url="…"]><textarea data-criteria>…</textarea></div> */

const PAUSE_MS = 500;
const GROUPS = [["all", "all of these"], ["any", "any of these"], ["none", "none of these"], ["of", "at least so many of these"]];
let vocabulary = null;
let made = 0;

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const control = (builder) => (builder.dataset.countUrl ? "builder-control border border-base-200 bg-white font-medium px-2 py-1 rounded-default text-sm dark:bg-base-900 dark:border-base-700" : "form-control");
const choice = (builder) => (builder.dataset.countUrl ? control(builder) : "form-select");
const button = (builder) => (builder.dataset.countUrl ? "builder-button border border-base-200 px-2 py-1 rounded-default text-sm dark:border-base-700" : "btn btn-sm");

function select(builder, label, options, value, act) {
  const element = make("select", { class: choice(builder), "aria-label": label, on: { change: (event) => act(event.target.value) } });
  const groups = new Map();
  for (const [key, words, group] of options) {
    const option = make("option", { value: key, selected: key === value }, words);
    if (!group) element.append(option);
    else {
      if (!groups.has(group)) groups.set(group, element.appendChild(make("optgroup", { label: group })));
      groups.get(group).append(option);
    }
  }
  if (value && !options.some(([key]) => key === value)) element.prepend(make("option", { value, selected: true }, value));
  return element;
}

function kindOf(node) {
  if ("field" in node) return "field";
  if ("activity" in node) return "activity";
  return GROUPS.map(([key]) => key).find((key) => key in node) ?? "all";
}

/* Own fields of other systems may hold anything, so anything may be asked of them. */
function operatorsFor(spec) {
  if (!spec || spec.kind === "json") return vocabulary.operators;
  if (spec.kind === "reference") return vocabulary.operators.filter((one) => one.takes === "nothing");
  return vocabulary.operators.filter((one) => one.kinds.includes(spec.kind));
}

class Builder {
  constructor(root) {
    this.root = root;
    this.text = root.querySelector("textarea");
    this.label = root.querySelector("label");
    this.place = make("div", { class: "builder-tree" });
    this.count = make("p", { class: "builder-count", "aria-live": "polite" });
    this.wrong = make("p", { class: "builder-wrong", hidden: true });
    this.toggle = make("button", { type: "button", class: button(root), "aria-pressed": "false", on: { click: () => this.asText(!this.open) } }, "As text");
    root.prepend(this.place, make("div", { class: "builder-foot" }, this.toggle), this.wrong);
    root.append(this.count);
    this.text.addEventListener("input", (event) => { if (!event.detail?.built) this.read(); this.later(); });
    this.asText(false);
    this.read();
    this.later();
  }

  asText(open) {
    this.open = open;
    this.text.hidden = !open;
    this.text.classList.add("builder-text");
    this.label?.classList.add("builder-label");
    if (this.label) this.label.hidden = !open;
    this.toggle.setAttribute("aria-pressed", String(open));
  }

  read() {
    let value;
    try {
      value = this.text.value.trim() ? JSON.parse(this.text.value) : {};
    } catch {
      this.wrong.hidden = false;
      this.wrong.textContent = "The text is not a condition; mend it to build on it.";
      this.asText(true);
      return;
    }
    this.wrong.hidden = true;
    // One condition alone is shown as a group of one, and written back alone.
    this.tree = Object.keys(value).length === 0 ? { all: [] } : kindOf(value) === "field" || kindOf(value) === "activity" ? { all: [value] } : value;
    this.draw();
  }

  write() {
    const kind = kindOf(this.tree);
    const parts = this.tree[kind] ?? [];
    const value = parts.length === 0 ? {} : parts.length === 1 && kind === "all" ? parts[0] : this.tree;
    this.text.value = Object.keys(value).length ? JSON.stringify(value, null, 2) : "";
    this.text.dispatchEvent(new CustomEvent("input", { bubbles: true, detail: { built: true } }));
  }

  changed(redraw = false) {
    if (redraw) this.draw();
    this.write();
  }

  draw() {
    const marked = this.place.contains(document.activeElement) ? document.activeElement.dataset.mark : null;
    this.marks = 0;
    this.place.replaceChildren(this.group(this.tree, null));
    for (const element of this.place.querySelectorAll("select, input, button")) element.dataset.mark = String(this.marks++);
    if (marked) this.place.querySelector(`[data-mark="${marked}"]`)?.focus();
  }

  group(node, remove) {
    const kind = kindOf(node);
    node[kind] ??= [];
    const list = node[kind];
    const change = (next) => {
      delete node[kind];
      delete node.at_least;
      node[next] = list;
      if (next === "of") node.at_least = 1;
      this.changed(true);
    };
    const head = make("header", {}, select(this.root, "How the conditions combine", GROUPS, kind, change));
    if (kind === "of") head.append(this.number("How many", node.at_least ?? 1, (value) => { node.at_least = Math.max(1, value ?? 1); }, 1));
    if (remove) head.append(this.remover("Remove this group", remove));
    const box = make("div", { class: "builder-group", role: "group" }, head);
    list.forEach((part, index) => {
      const drop = () => { list.splice(index, 1); this.changed(true); };
      const type = kindOf(part);
      box.append(type === "field" ? this.field(part, drop) : type === "activity" ? this.deed(part, drop) : this.group(part, drop));
    });
    const add = (words, part) => make("button", { type: "button", class: button(this.root), on: { click: () => { list.push(part()); this.changed(true); } } }, words);
    box.append(make("div", { class: "builder-foot" },
      add("Add a detail", () => ({ field: "company.industry", op: "present" })),
      add("Add something they did", () => ({ activity: vocabulary.deeds[0] ?? "webinar" })),
      add("Add a group", () => ({ any: [] }))));
    return box;
  }

  field(leaf, drop) {
    const spec = vocabulary.fields.find((one) => one.name === leaf.field);
    const fields = vocabulary.fields.map((one) => [one.name, one.label, one.group]);
    const row = make("div", { class: "builder-leaf" });
    row.append(select(this.root, "Field", fields, leaf.field, (name) => {
      leaf.field = name;
      const offered = operatorsFor(vocabulary.fields.find((one) => one.name === name));
      if (!offered.some((one) => one.key === leaf.op)) this.retype(leaf, offered[0].key);
      this.changed(true);
    }));
    const comparisons = vocabulary.operators.filter((one) => one.key === leaf.op || operatorsFor(spec).includes(one));
    row.append(select(this.root, "Comparison", comparisons.map((one) => [one.key, one.words]), leaf.op, (op) => { this.retype(leaf, op); this.changed(true); }));
    const takes = vocabulary.operators.find((one) => one.key === leaf.op)?.takes ?? "text";
    for (const input of this.values(leaf, takes, spec)) row.append(input);
    row.append(this.remover("Remove this condition", drop));
    return row;
  }

  retype(leaf, op) {
    const takes = vocabulary.operators.find((one) => one.key === op)?.takes;
    const old = leaf.value;
    leaf.op = op;
    const first = Array.isArray(old) ? old[0] : old;
    if (takes === "nothing") delete leaf.value;
    else if (takes === "list") leaf.value = Array.isArray(old) ? old : old === undefined ? [] : [old];
    else if (takes === "range") leaf.value = Array.isArray(old) && old.length === 2 ? old : [0, Number(first) || 100];
    else if (takes === "number") leaf.value = Number(first) || 0;
    else leaf.value = first === undefined ? "" : String(first);
  }

  values(leaf, takes, spec) {
    if (takes === "nothing") return [];
    if (takes === "range") return [0, 1].map((n) => this.number(n ? "to" : "from", leaf.value?.[n], (value) => { leaf.value[n] = value ?? 0; }));
    if (takes === "number") return [this.number("Number", leaf.value, (value) => { leaf.value = value ?? 0; })];
    const shown = Array.isArray(leaf.value) ? leaf.value.join(", ") : String(leaf.value ?? "");
    const id = `builder-values-${made++}`;
    const type = takes === "day" ? "date" : "text";
    const hint = takes === "list" ? "several, with commas" : "";
    const read = (event) => {
      const given = event.target.value;
      leaf.value = takes === "list" ? given.split(",").map((one) => one.trim()).filter(Boolean) : given;
      this.changed();
    };
    const input = make("input", { class: control(this.root), type, value: shown, list: spec?.values.length ? id : null, placeholder: hint, "aria-label": "Value", autocomplete: "off", on: { change: read } });
    if (!spec?.values.length) return [input];
    const start = () => (takes === "list" && shown ? `${shown}, ` : "");
    return [input, make("datalist", { id }, ...spec.values.map((value) => make("option", { value: start() + value })))];
  }

  deed(leaf, drop) {
    const types = Array.isArray(leaf.activity) ? leaf.activity : [leaf.activity];
    const row = make("div", { class: "builder-leaf" }, make("span", {}, "has done"));
    types.forEach((type, index) => {
      if (index) row.append(make("span", {}, "or"));
      const others = [...vocabulary.deeds.map((one) => [one, one.replaceAll("_", " ")]), ...(types.length > 1 ? [["", "(none)"]] : [])];
      row.append(select(this.root, "Deed", others, type, (value) => {
        if (value) types[index] = value; else types.splice(index, 1);
        leaf.activity = types.length === 1 ? types[0] : types;
        this.changed(true);
      }));
    });
    row.append(make("button", { type: "button", class: button(this.root), "aria-label": "Or another deed", on: { click: () => { leaf.activity = [...types, vocabulary.deeds.find((one) => !types.includes(one)) ?? "webinar"]; this.changed(true); } } }, "or …"));
    row.append(this.number("At least how often", leaf.at_least ?? 1, (value) => { if (!value || value < 2) delete leaf.at_least; else leaf.at_least = value; }, 1), make("span", {}, "times, within"));
    row.append(this.number("Within how many days; empty: ever", leaf.within_days, (value) => { if (!value) delete leaf.within_days; else leaf.within_days = value; }, 1), make("span", {}, "days"));
    row.append(this.remover("Remove this condition", drop));
    return row;
  }

  number(label, value, act, min = null) {
    return make("input", { class: control(this.root), type: "number", step: "any", min, value: value ?? "", "aria-label": label, title: label,
      on: { change: (event) => { act(event.target.value === "" ? null : Number(event.target.value)); this.changed(); } } });
  }

  remover(label, act) {
    return make("button", { type: "button", class: button(this.root), "aria-label": label, title: label, on: { click: act } }, "×");
  }

  /* --- the live count, where the page does not ask for it itself --- */
  later() {
    if (!this.root.dataset.countUrl) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE_MS);
  }

  /* First how many, as soon as that is known; then who just misses it, where a condition has parts to miss. */
  async ask() {
    const asked = this.text.value;
    if (!asked.trim()) { this.count.textContent = ""; return; }
    try {
      const found = await this.post(asked);
      if (asked !== this.text.value) return;
      if (found.error) { this.count.textContent = found.error.message ?? ""; return; }
      const figures = `${found.count.toLocaleString()} of ${found.of.toLocaleString()} open leads`;
      if (this.text.dataset.counts === "out") { this.count.textContent = `It keeps out ${figures} now.`; return; }
      this.count.textContent = `${figures} meet it now.`;
      const { near, misses } = await this.post(asked, "1");
      if (asked !== this.text.value || !near) return;
      const such = misses.map((miss) => `${miss.name} (${miss.why.join("; ")})`).join(", ");
      this.count.textContent += ` ${near.toLocaleString()} just miss it${such ? `, such as ${such}` : ""}.`;
    } catch {
      this.count.textContent = "It cannot be counted just now.";
    }
  }

  async post(criteria, near = "") {
    const data = new FormData();
    data.set("criteria", criteria);
    data.set("near", near);
    data.set("segment", document.querySelector("[data-segment]")?.dataset.segment ?? "");
    data.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "");
    return (await fetch(this.root.dataset.countUrl, { method: "POST", body: data, headers: { Accept: "application/json" } })).json();
  }
}

async function start(root) {
  if (root.dataset.builderReady) return;
  root.dataset.builderReady = "yes";
  vocabulary ??= await (await fetch(root.dataset.vocabularyUrl, { headers: { Accept: "application/json" } })).json();
  new Builder(root);
}

function startAll() {
  // Rows of a form that is not filled in yet ("__prefix__") are copied by the admin and started when they are.
  for (const root of document.querySelectorAll("[data-builder]")) {
    if (!root.querySelector("textarea")?.name.includes("__prefix__")) start(root);
  }
}

startAll();
document.addEventListener("formset:added", startAll);
