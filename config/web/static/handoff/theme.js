/* Resolves the theme before anything is painted; loaded in the head, on purpose neither deferred nor a module.
   The server writes the choice (light, dark, auto) on the root element; "auto" follows the system, also while open. */
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");

  function apply() {
    const choice = root.dataset.themeChoice;
    root.dataset.bsTheme = choice === "light" || choice === "dark" ? choice : dark.matches ? "dark" : "light";
    document.dispatchEvent(new Event("theme"));
  }

  async function choose(event) {
    const form = event.target.closest("[data-theme-form]");
    if (!form) return;
    event.preventDefault();
    root.dataset.themeChoice = event.submitter.value;
    apply();
    for (const button of form.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button === event.submitter));
    }
    await fetch(form.action, { method: "POST", body: new FormData(form, event.submitter) });
  }

  apply();
  dark.addEventListener("change", apply);
  document.addEventListener("submit", choose);
})();
