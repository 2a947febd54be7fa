/* Dialogs are native. A button with data-dialog="id" opens one that is on the page; an htmx answer into #dialog-fill
   opens the page's shared one. They close by Esc, by data-dialog-close, by a click beside them, and by the event
   dialog:close (HX-Trigger). The cursor goes to the first field, and afterwards back to where it came from. */

const FIRST = "[autofocus], .dialog-body :is(input:not([type=hidden]), select, textarea), .dialog-body :is(button, a[href]), .dialog-foot button";
let opener = null;

export function open(dialog, from) {
  if (!dialog || dialog.open) return;
  opener = from ?? document.activeElement;
  dialog.showModal();
  dialog.append(document.getElementById("toasts")); // what lies outside a modal dialog cannot be reached
  dialog.querySelector(FIRST)?.focus();
}

function closed(event) {
  const dialog = event.target;
  if (!(dialog instanceof HTMLDialogElement)) return;
  const toasts = dialog.querySelector("#toasts");
  if (toasts) document.body.append(toasts);
  dialog.querySelector("#dialog-fill")?.replaceChildren();
  const back = opener?.isConnected ? opener : opener?.id ? document.getElementById(opener.id) : null;
  (back ?? document.getElementById("main"))?.focus({ preventScroll: true });
  opener = null;
}

const closeAll = () => document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-dialog]");
  if (button) {
    event.preventDefault();
    return open(document.getElementById(button.dataset.dialog), button);
  }
  if (event.target.closest("[data-dialog-close]")) event.target.closest("dialog")?.close();
});

let pressedOn = null;
document.addEventListener("pointerdown", (event) => (pressedOn = event.target));
document.addEventListener("click", (event) => {
  // Its padding is zero, so a click on the dialog itself is a click on its backdrop; a form half filled in stays.
  const dialog = event.target;
  if (dialog instanceof HTMLDialogElement && pressedOn === dialog && !dialog.querySelector("[data-changed]")) dialog.close();
});

document.addEventListener("close", closed, true);
document.addEventListener("dialog:close", closeAll);
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "dialog-fill" || !event.detail.target.children.length) return;
  const dialog = event.detail.target.closest("dialog");
  if (dialog.open) dialog.querySelector(FIRST)?.focus();
  else open(dialog, event.detail.requestConfig?.elt);
});
