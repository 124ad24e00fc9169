// Keeps the list of phones fresh without disturbing the form above it.

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("phones");
  const shown = document.getElementById("phones");
  if (fresh.innerHTML === shown.innerHTML) return;
  const held = document.activeElement?.getAttribute?.("href");
  shown.replaceChildren(...fresh.childNodes);
  if (held) [...shown.querySelectorAll("a")].find((link) => link.getAttribute("href") === held)?.focus();
}

setInterval(() => refresh().catch(() => {}), 3000);
