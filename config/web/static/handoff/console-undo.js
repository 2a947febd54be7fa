/* The seconds in which an outcome can be taken back, counted down; then the offer goes away. */

function count() {
  for (const bar of document.querySelectorAll("[data-undo]")) {
    const left = Math.ceil((new Date(bar.dataset.until) - Date.now()) / 1000);
    if (left <= 0) {
      bar.remove();
      continue;
    }
    const place = bar.querySelector("[data-undo-left]");
    if (place) place.textContent = ` ${left} s`;
  }
}

count();
setInterval(count, 500);
