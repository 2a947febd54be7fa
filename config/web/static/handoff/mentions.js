/* Names to choose from after an @ in a text: <textarea data-mentions="id"> with the names as JSON in #id. Arrows walk,
   Enter or Tab takes, Escape leaves. Without this script a name is typed whole. */

const MOST = 6;
const CALL = /(^|[^\w.])@([\p{L}\p{N}.\- ]{0,40})$/u;

function begin(area) {
  const names = JSON.parse(document.getElementById(area.dataset.mentions)?.textContent ?? "[]");
  const list = document.createElement("ul");
  list.className = "menu mention-list";
  list.id = `${area.id}-mentions`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "People to mention");
  list.hidden = true;
  area.after(list);
  area.setAttribute("aria-controls", list.id);
  area.setAttribute("autocomplete", "off");
  let at = 0;

  const called = () => area.value.slice(0, area.selectionStart).match(CALL);
  const close = () => {
    list.hidden = true;
    area.removeAttribute("aria-activedescendant");
  };

  function mark(place) {
    at = (place + list.children.length) % list.children.length;
    [...list.children].forEach((item, number) => item.setAttribute("aria-selected", String(number === at)));
    area.setAttribute("aria-activedescendant", list.children[at].id);
  }

  function show() {
    const call = called();
    const typed = call?.[2].toLowerCase() ?? "";
    const fitting = call ? names.filter((name) => name.toLowerCase().split(" ").some((_, place, words) => words.slice(place).join(" ").startsWith(typed))) : [];
    if (!fitting.length || fitting.some((name) => name.toLowerCase() === typed)) return close();
    list.replaceChildren(...fitting.slice(0, MOST).map((name, number) => {
      const item = document.createElement("li");
      item.id = `${list.id}-${number}`;
      item.className = "menu-item";
      item.setAttribute("role", "option");
      item.textContent = name;
      item.addEventListener("mousedown", (event) => {
        event.preventDefault();
        take(name);
      });
      return item;
    }));
    list.hidden = false;
    mark(0);
  }

  function take(name) {
    const call = called();
    const end = area.selectionStart;
    const start = end - call[2].length;
    area.setRangeText(`${name} `, start, end, "end");
    close();
    area.focus();
  }

  area.addEventListener("input", show);
  area.addEventListener("blur", close);
  area.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) mark(at + steps[event.key]);
    else if (event.key === "Enter" || event.key === "Tab") take(list.children[at].textContent);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}

for (const area of document.querySelectorAll("[data-mentions]")) begin(area);
