// A Mini App on the phone: a frame over the chat, with Telegram's own buttons around it.

import { element } from "./draw.js";

const DARK = matchMedia("(prefers-color-scheme: dark)");
let open = null;

/** Open what a `web_app` button leads to. `ask(order)` gives {url} from the server; `closed` is told at the end. */
export async function openApp(chat, title, ask, closed) {
  if (open) return;
  const { url, error } = await ask(scheme());
  if (error || open) return;
  const frame = element("iframe", { class: "app-frame", title, src: url });
  const back = element("button", { type: "button", class: "round", "aria-label": "Back", hidden: true }, "‹");
  const close = element("button", { type: "button", class: "round", "aria-label": "Close the Mini App" }, "✕");
  const main = element("button", { type: "button", class: "app-main", hidden: true });
  const over = element(
    "section",
    { class: "app", role: "dialog", "aria-label": title },
    element("header", { class: "bar" }, back, element("p", { class: "app-title" }, title), close),
    frame,
    main,
  );
  const behind = [...chat.children];
  open = { chat, frame, back, main, over, behind, closed, origin: new URL(url, location.href).origin };
  for (const each of behind) each.inert = true;
  back.addEventListener("click", () => post("back_button_pressed"));
  main.addEventListener("click", () => post("main_button_pressed"));
  close.addEventListener("click", shut);
  over.addEventListener("keydown", ({ key }) => { if (key === "Escape") shut(); });
  chat.append(over);
  frame.focus();
}

function shut() {
  if (!open) return;
  const { over, behind, closed } = open;
  open = null;
  over.remove();
  for (const each of behind) each.inert = false;
  closed();
}

function scheme() {
  return DARK.matches ? "dark" : "light";
}

function post(eventType, eventData = {}) {
  open?.frame.contentWindow.postMessage(JSON.stringify({ eventType, eventData }), open.origin);
}

const events = {
  web_app_close: shut,
  web_app_setup_back_button: ({ is_visible }) => { open.back.hidden = !is_visible; },
  web_app_setup_main_button: ({ text, is_visible, is_active }) => {
    if (text) open.main.textContent = text;
    open.main.hidden = !is_visible;
    open.main.disabled = is_active === false;
  },
};

window.addEventListener("message", ({ source, origin, data }) => {
  if (!open || source !== open.frame.contentWindow || origin !== open.origin || typeof data !== "string") return;
  const { eventType, eventData } = JSON.parse(data);
  events[eventType]?.(eventData ?? {});
});
