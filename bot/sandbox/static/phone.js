// The phone: asks the server for the screen, draws what changed, sends what the visitor does.

import { attach } from "./attach.js";
import { drawMessage, element } from "./draw.js";
import { openApp } from "./miniapp.js";

const $ = (id) => document.getElementById(id);
const { root } = document.body.dataset;
const { id, query } = $("phone").dataset;
const base = `${root}/phone/${id}`;
const separator = query ? "&" : "?";

const QUICK = 250;
const CALM = 1000;
const HIDDEN = 4000;
const QUICK_FOR = 5000;

let screen = null;
let tag = "";
let locked = false;
let quickUntil = 0;
let jumping = false;
let timer = 0;
let asking = false;
let toastsSeen = null;
const drawn = new Map(); // message id -> { key, node }

// --- talking to the server

async function ask(path, options) {
  const answer = await fetch(base + path, options);
  const body = await answer.json();
  if (body.error) toast(body.error);
  else if (!answer.ok) throw new Error(answer.statusText);
  return body;
}

async function look() {
  clearTimeout(timer);
  if (asking) return;
  asking = true;
  try {
    show(await ask(`/state${query}${separator}tag=${encodeURIComponent(tag)}`));
    $("chat").classList.remove("offline");
  } catch {
    $("chat").classList.add("offline");
    status("connecting…");
  } finally {
    asking = false;
    const pause = document.hidden ? HIDDEN : jumping || Date.now() < quickUntil ? QUICK : CALM;
    timer = setTimeout(look, pause);
  }
}

async function act(action, more = {}) {
  quickUntil = Date.now() + QUICK_FOR;
  try {
    const body = await ask(`/do${query}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ action, ...more }),
    });
    if (body.error) tag = ""; // draw the true state again
    else show(body);
  } catch {
    toast("No connection");
    tag = "";
  }
  look();
}

const handlers = {
  send: (text) => act("send", { text }),
  tap: (message, data) => act("tap", { message, data }),
  remove: (message) => act("delete_message", { message }),
  app: (message, url) => openApp($("chat"), screen.bot, (scheme) => launch({ message, url, scheme }), back),
};

// --- a Mini App

function launch(order) {
  return ask(`/app${query}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(order) });
}

function back() {
  quickUntil = Date.now() + QUICK_FOR;
  $("log").focus();
  look();
}

// --- drawing

function show(state) {
  document.dispatchEvent(new CustomEvent("demo-clock", { detail: state.now }));
  $("lock-time").textContent = state.now.time;
  $("lock-day").textContent = state.now.day;
  if (!state.messages) return;
  screen = state;
  tag = state.tag;
  status(state.typing ? "typing…" : "bot");
  if ($("bot-name").textContent !== state.bot) $("bot-name").textContent = state.bot;
  drawLog(state);
  drawFoot(state);
  drawNotices(state.notices);
  drawToasts(state.toasts);
  if (state.notices.length && !locked && !document.hidden) act("read");
}

function status(text) {
  if ($("bot-status").textContent !== text) $("bot-status").textContent = text;
}

function drawLog(state) {
  const log = $("log");
  const focused = log.contains(document.activeElement) ? document.activeElement : null;
  const focusedPlace = focused?.dataset.place;
  const focusedMessage = focused?.closest(".message")?.dataset.id;
  const wanted = [];
  let day = "";
  for (const message of state.messages) {
    if (message.day !== day) {
      day = message.day;
      wanted.push(keep(`day ${day}`, day, () => element("p", { class: "day" }, day)));
    }
    wanted.push(keep(`m${message.id}`, JSON.stringify(message), () => drawMessage(message, root, handlers)));
  }
  if (!state.messages.length) {
    wanted.push(keep("empty", state.bot + state.description, () => welcome(state)));
  }
  const now = new Set(wanted);
  for (const [name, { node }] of drawn) {
    if (!now.has(node)) {
      node.remove();
      if (drawn.get(name).node === node) drawn.delete(name);
    }
  }
  let changed = false;
  wanted.forEach((node, index) => {
    if (log.children[index] !== node) {
      log.insertBefore(node, log.children[index] ?? null);
      changed = true;
    }
  });
  while (log.children.length > wanted.length) log.lastElementChild.remove();
  if (changed) stayAtEnd();
  if (focused && !focused.isConnected && focusedMessage) refocus(log, focusedMessage, focusedPlace);
}

let atEnd = true; // until she scrolls up to read
function stayAtEnd() {
  if (atEnd) $("log").scrollTop = $("log").scrollHeight;
}
$("log").addEventListener("scroll", () => {
  const log = $("log");
  atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
});
$("log").addEventListener("load", stayAtEnd, true); // pictures take their room when they have come
new ResizeObserver(stayAtEnd).observe($("log"));

function keep(name, key, draw) {
  const known = drawn.get(name);
  if (known?.key === key) return known.node;
  const node = draw();
  known?.node.replaceWith(node);
  drawn.set(name, { key, node });
  return node;
}

function refocus(log, message, place) {
  const article = log.querySelector(`[data-id="${message}"]`);
  (article?.querySelector(`[data-place="${place}"]`) ?? article?.querySelector(".key") ?? article ?? log).focus();
}

function welcome(state) {
  const card = element("div", { class: "welcome" });
  card.append(element("p", { class: "welcome-title" }, state.description ? "What can this bot do?" : "No messages here yet"));
  if (state.description) card.append(element("p", {}, state.description));
  return card;
}

function drawFoot(state) {
  const big = state.deactivated ? "" : state.blocked ? "Restart bot" : !state.started || !state.messages.length ? "Start" : "";
  $("big").hidden = !big;
  if (big) $("big").textContent = big;
  $("gone").hidden = !state.deactivated;
  $("composer").hidden = Boolean(big) || state.deactivated;
  $("block").hidden = state.blocked;
  $("unblock").hidden = !state.blocked;
  const app = state.menu.type === "web_app";
  $("menu").hidden = !app && !state.commands.length;
  $("menu-label").textContent = app ? state.menu.text : "Menu";
}

function drawNotices(notices) {
  const key = JSON.stringify(notices);
  if ($("notices").dataset.key === key) return;
  $("notices").dataset.key = key;
  $("notices").replaceChildren(...notices.map((notice) => {
    const card = element(
      "button",
      { type: "button", class: "notice" },
      element("span", { class: "notice-app" }, "Telegram", element("time", {}, notice.at)),
      element("strong", {}, screen.bot),
      element("span", { class: "notice-text" }, notice.text),
    );
    if (notice.silent) card.firstChild.append(element("span", { class: "tagged" }, "silent"));
    card.addEventListener("click", () => lock(false));
    return element("li", {}, card);
  }));
}

function drawToasts(toasts) {
  const newest = toasts.at(-1)?.number ?? 0;
  for (const each of toasts) {
    if (toastsSeen !== null && each.number > toastsSeen && each.text) each.alert ? alertBox(each.text) : toast(each.text);
  }
  toastsSeen = newest;
}

let toastTimer = 0;
function toast(text) {
  $("toast").textContent = text;
  $("toast").classList.add("on");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { $("toast").classList.remove("on"); $("toast").textContent = ""; }, 2500);
}

function alertBox(text) {
  $("alert-text").textContent = text;
  if (!$("alert").open) $("alert").showModal();
}

// --- locking

function lock(on) {
  locked = on;
  $("lockscreen").hidden = !on;
  $("chat").inert = on;
  $("lock-beside").textContent = on ? "Unlock the phone" : "Lock the phone";
  closeMore();
  if (on) $("unlock").focus();
  else {
    $("log").focus();
    if (screen?.notices.length) act("read");
  }
}

// --- the menu behind the three dots

function closeMore() {
  $("more-list").hidden = true;
  $("more").setAttribute("aria-expanded", "false");
}

$("more").addEventListener("click", () => {
  const open = $("more-list").hidden;
  $("more-list").hidden = !open;
  $("more").setAttribute("aria-expanded", String(open));
  if (open) $("more-list").querySelector("button:not([hidden])").focus();
});
$("lock").addEventListener("click", () => lock(true));
$("lock-beside").addEventListener("click", () => lock(!locked));
$("unlock").addEventListener("click", () => lock(false));
for (const [button, action] of [["block", "block"], ["unblock", "unblock"], ["delete-chat", "delete_chat"]]) {
  $(button).addEventListener("click", () => { closeMore(); $("more").focus(); act(action); });
}
$("big").addEventListener("click", () => act("start"));

// --- writing, and the list of commands

function commands(filter) {
  const found = (screen?.commands ?? []).filter(({ command }) => `/${command}`.startsWith(filter));
  const list = $("commands");
  list.hidden = !found.length;
  list.replaceChildren(...found.map(({ command, description }, index) => {
    const option = element(
      "button",
      { type: "button", class: "command-line", role: "option", id: `command-${index}`, tabindex: "-1", "aria-selected": "false" },
      element("strong", {}, `/${command}`),
      element("span", {}, description),
    );
    option.addEventListener("click", () => { closeCommands(); $("text").value = ""; handlers.send(`/${command}`); });
    return option;
  }));
  $("menu").setAttribute("aria-expanded", String(!list.hidden));
}

function closeCommands() {
  $("commands").hidden = true;
  $("text").removeAttribute("aria-activedescendant");
  $("menu").setAttribute("aria-expanded", "false");
}

function choose(step) {
  const options = [...$("commands").children];
  const at = options.findIndex((each) => each.getAttribute("aria-selected") === "true");
  const next = options[(at + step + options.length + (at < 0 && step < 0 ? 1 : 0)) % options.length];
  options.forEach((each) => each.setAttribute("aria-selected", String(each === next)));
  $("text").setAttribute("aria-activedescendant", next.id);
  next.scrollIntoView({ block: "nearest" });
}

$("menu").addEventListener("click", () => {
  if (screen?.menu.type === "web_app") window.open(screen.menu.web_app.url, "_blank", "noopener");
  else if ($("commands").hidden) { commands("/"); $("text").focus(); } else closeCommands();
});

$("text").addEventListener("input", () => {
  const { value } = $("text");
  $("text").rows = Math.min(5, value.split("\n").length);
  if (/^\/\w*$/.test(value)) commands(value.toLowerCase());
  else closeCommands();
});

$("text").addEventListener("keydown", (event) => {
  const open = !$("commands").hidden;
  if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    choose(event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    const chosen = open && $("commands").querySelector('[aria-selected="true"]');
    if (chosen) chosen.click();
    else $("composer").requestSubmit();
  }
});

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (!text) return;
  $("text").value = "";
  $("text").rows = 1;
  closeCommands();
  atEnd = true;
  handlers.send(text);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (!$("more-list").hidden) { closeMore(); $("more").focus(); }
  closeCommands();
});
document.addEventListener("click", (event) => {
  if (!event.target.closest("#more, #more-list")) closeMore();
  if (!event.target.closest("#menu, #commands, #text")) closeCommands();
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
attach((...what) => { atEnd = true; return act(...what); }, toast);
document.addEventListener("demo-jump", (event) => { jumping = event.detail; look(); });

look();
