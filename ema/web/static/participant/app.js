// The Mini App's frame. It knows no questions: it fetches parts as HTML and posts the forms in them, with what Telegram
// signed for whoever opened it. Colours are set by Telegram's own script, as custom properties.
// By a personal link there is no Telegram: a cookie says whose page it is, and what comes back is a whole page.

const telegram = window.Telegram?.WebApp;
const main = document.getElementById("main");
const trouble = document.getElementById("trouble");
const linked = "linked" in main.dataset;
let busy = false;

// --- parts

async function ask(address, fields, whenLost) {
  if (busy) return;
  busy = true;
  trouble.textContent = "";
  main.setAttribute("aria-busy", "true");
  if (!linked) fields.set("init_data", telegram.initData);
  try {
    const answer = await fetch(address, { method: "POST", body: fields });
    if (answer.status === 401 && linked) window.location.replace("/p");
    else if (answer.status === 401) show(made("again"));
    else if (answer.ok) show(parsed(await answer.text()));
    else whenLost();
  } catch {
    whenLost();
  } finally {
    busy = false;
    main.removeAttribute("aria-busy");
  }
}

function begin() {
  ask(main.dataset.first, new URLSearchParams(), () => show(made("not-loaded")));
}

function made(name) {
  return document.getElementById(name).content.cloneNode(true);
}

function parsed(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html; // from our own server, which escapes what it inserts
  const whole = holder.content.querySelector("main");
  if (whole) holder.content.replaceChildren(...whole.childNodes);
  return holder.content;
}

function show(part) {
  main.replaceChildren(part);
  const { lang, dir } = main.querySelector(".part") ?? {};
  if (lang) Object.assign(document.documentElement, { lang, dir });
  mainButton();
  coverLater();
  window.scrollTo(0, 0);
  main.querySelector("h1")?.focus({ preventScroll: true });
  if (main.querySelector("[data-done]")) telegram?.close();
}

// --- a page that is her account: it covers itself when her PIN is due, and shows what is so when she comes back to it

let covering;

function coverLater() {
  clearTimeout(covering);
  const seconds = main.querySelector("[data-covers]")?.dataset.covers;
  if (seconds) covering = setTimeout(() => window.location.replace("/p/home"), seconds * 1000);
}

document.addEventListener("visibilitychange", () => {
  const typed = [...main.querySelectorAll("input[type=text]:not([readonly]), textarea")].some((field) => field.value);
  if (document.visibilityState === "visible" && main.querySelector("[data-looked]") && !typed) {
    window.location.replace("/p/home");
  }
});

// --- Telegram's own button saves, where she has picked something

function saving() {
  return main.querySelector(".save");
}

function mainButton() {
  const save = saving();
  if (linked) return;
  if (save) {
    save.hidden = true;
    telegram.MainButton.setText(save.textContent);
  }
  if (save && !save.disabled) telegram.MainButton.show();
  else telegram?.MainButton.hide();
}

function picked({ target }) {
  if (!target.matches?.('input[type="range"]')) return;
  target.setAttribute("aria-valuetext", target.dataset.place.replace("#", target.value));
  if (!target.classList.contains("untouched")) return;
  target.classList.remove("untouched");
  const said = main.querySelector(`output[for="${target.id}"]`);
  if (said) said.textContent = said.dataset.touched;
  saving().disabled = false;
  mainButton();
}

// what is typed is there to be saved
main.addEventListener("input", ({ target }) => {
  if (!target.required) return;
  saving().disabled = !target.value.trim();
  mainButton();
});

// a tap in the very middle changes nothing, and is meant all the same
for (const name of ["input", "change", "pointerup"]) main.addEventListener(name, picked);

// --- what she does

main.addEventListener("submit", (event) => {
  if ("plain" in event.target.dataset) return;
  event.preventDefault();
  const fields = new URLSearchParams(new FormData(event.target, event.submitter));
  for (const line of event.target.querySelectorAll("[data-name]:not(.untouched)")) {
    fields.append(line.dataset.name, `${line.value}/${line.max}`);
  }
  const way = event.submitter?.getAttribute("formaction") ?? event.target.getAttribute("action");
  ask(way, fields, () => {
    trouble.textContent = document.getElementById("not-sent").content.textContent;
  });
});

main.addEventListener("click", ({ target }) => {
  if (target.closest("[data-close]")) telegram?.close();
  if (target.closest("[data-again]")) begin();
});

function back() {
  const way = main.querySelector("[data-back]");
  if (way) way.click();
  else telegram.close();
}

if (linked) {
  window.history.replaceState(null, "", window.location.pathname); // a link's secret may have come along
  coverLater();
} else if (telegram?.initData) {
  telegram.ready();
  telegram.expand();
  telegram.disableVerticalSwipes?.(); // or a finger that slips off the line closes everything
  telegram.MainButton.onClick(() => saving()?.form.requestSubmit(saving()));
  telegram.BackButton.onClick(back);
  telegram.BackButton.show();
  begin();
} else {
  show(made("again"));
}
