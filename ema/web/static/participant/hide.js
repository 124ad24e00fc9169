// "Hide this": her page is gone at once, and another stands in its place, also in the browser's history. By a tap, by
// Esc, or by Shift three times. By a personal link it is closed on the server too, so that going back shows nothing.

const way = document.getElementById("hide");
const SHIFTS = 3;
let shifts = 0;

function hide(event) {
  event?.preventDefault();
  document.documentElement.hidden = true; // what is next may take its time
  document.title = "";
  try {
    sessionStorage.clear(); // Telegram's script keeps there who opened it
  } catch { /* then nothing was kept */ }
  if (way.dataset.closes) fetch(way.dataset.closes, { method: "POST", keepalive: true, redirect: "manual" }).catch(() => {});
  if (window.top !== window) window.Telegram?.WebApp?.close(); // inside Telegram's web page: others won't be framed
  else window.location.replace(way.dataset.to);
}

document.addEventListener("click", (event) => {
  if (event.target === way || event.target.closest?.("[data-hide]")) hide(event);
});
document.addEventListener("keydown", (event) => {
  shifts = event.key === "Shift" ? shifts + 1 : 0;
  if (event.key === "Escape" || shifts === SHIFTS) hide(event);
});
window.addEventListener("pageshow", ({ persisted }) => {
  if (persisted) window.location.reload(); // kept by the browser: ask the server whether it may still be seen
});
