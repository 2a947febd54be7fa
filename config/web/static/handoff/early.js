/* Keys pressed while a page is still arriving are kept, and pressed again once everybody who hears keys is there; whoever
   works by keyboard loses none. Loaded in the head, on purpose neither deferred nor a module. What is typed into a field
   is typed at once: only those who listen wait. */
(() => {
  const kept = [];

  function keep(event) {
    event.stopImmediatePropagation();
    kept.push([event.target, new KeyboardEvent(event.type, event)]);
  }

  function handOn() {
    removeEventListener("keydown", keep, true);
    for (const [target, event] of kept) (target.isConnected ? target : document.body).dispatchEvent(event);
  }

  addEventListener("keydown", keep, true);
  // Later than every other listener of the same event, for htmx only then makes its buttons work.
  document.addEventListener("DOMContentLoaded", () => setTimeout(handOn));
})();
