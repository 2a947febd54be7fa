/* Says in words why a passkey did not work; without this the reason would only stand in the browser's console. */

const REASONS = {
  NotAllowedError: "Nothing happened: it was cancelled, took too long, or this device has no passkey for Handoff.",
  InvalidStateError: "This device already has a passkey for your account.",
  SecurityError: "Passkeys work only at this portal's own address, over HTTPS.",
};

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const text = REASONS[event.detail.exception.name] ?? "The passkey could not be used. Try again, or use another way.";
  let place = document.getElementById("passkey-problem");
  if (!place) {
    place = Object.assign(document.createElement("p"), { id: "passkey-problem", className: "form-error" });
    place.setAttribute("role", "alert");
    (document.getElementById("main") ?? document.body).querySelector(".plain-card, form")?.append(place);
  }
  place.textContent = text;
});
