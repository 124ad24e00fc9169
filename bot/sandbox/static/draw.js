// Draws one message. Everything that came from a bot or a person goes through textContent.

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function safeLink(url) {
  return /^https?:\/\//i.test(url) ? url : null;
}

function run({ text, styles, url }, send) {
  if (styles.includes("bot_command")) {
    const button = element("button", { type: "button", class: "command" }, text);
    button.addEventListener("click", () => send(text));
    return button;
  }
  const href = safeLink(url ?? (styles.includes("url") ? text : ""));
  const shown = element(href ? "a" : "span", { class: styles.join(" ") || null });
  if (href) {
    shown.href = href;
    shown.target = "_blank";
    shown.rel = "noopener noreferrer";
  }
  shown.textContent = text;
  if (styles.includes("spoiler")) cover(shown, "Hidden text, show it");
  return shown;
}

function cover(shown, label) {
  shown.classList.add("covered");
  shown.tabIndex = 0;
  shown.setAttribute("role", "button");
  shown.setAttribute("aria-label", label);
  const reveal = (event) => {
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    shown.classList.remove("covered");
    for (const name of ["role", "aria-label", "tabindex"]) shown.removeAttribute(name);
  };
  shown.addEventListener("click", reveal, { once: true });
  shown.addEventListener("keydown", reveal);
}

function photo({ file, width, height, spoiler }, root) {
  const image = element("img", { src: `${root}/file/${file}`, width, height, alt: "Photo", loading: "lazy" });
  if (!spoiler) return element("a", { class: "photo", href: image.src, target: "_blank", rel: "noopener" }, image);
  const frame = element("span", { class: "photo" }, image);
  cover(frame, "Hidden photo, show it");
  return frame;
}

function size(bytes) {
  return bytes < 1024 ? `${bytes} B` : bytes < 1024 ** 2 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}

function file({ file: id, name, size: bytes }, root) {
  return element(
    "a",
    { class: "document", href: `${root}/file/${id}`, download: name },
    element("span", { class: "document-icon", "aria-hidden": "true" }, name.split(".").pop().slice(0, 4)),
    element("span", { class: "document-name" }, name, element("small", {}, size(bytes))),
  );
}

function voice({ file: id, seconds }, root) {
  const length = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  const played = element("progress", { max: seconds, value: 0, "aria-hidden": "true" });
  const button = element("button", { type: "button", class: "disc" });
  const sound = new Audio(`${root}/file/${id}`);
  sound.preload = "none";
  const show = () => {
    button.setAttribute("aria-label", `${sound.paused ? "Play" : "Pause"} the voice message, ${length}`);
    button.replaceChildren(icon(sound.paused ? "M8 5v14l11-7z" : "M6 5h4v14H6zM14 5h4v14h-4z"));
  };
  for (const event of ["play", "pause", "ended"]) sound.addEventListener(event, show);
  sound.addEventListener("timeupdate", () => { played.value = sound.currentTime; });
  button.addEventListener("click", () => (sound.paused ? sound.play() : sound.pause()));
  show();
  return element("div", { class: "voice" }, button, played, element("small", { "aria-hidden": "true" }, length));
}

function place({ latitude, longitude }) {
  const disc = element("span", { class: "disc", "aria-hidden": "true" }, icon("M12 21s7-6.2 7-11a7 7 0 0 0-14 0c0 4.8 7 11 7 11zM12 10h.01"));
  return element("div", { class: "place" }, disc, element("span", {}, "Place", element("small", {}, `${latitude}, ${longitude}`)));
}

function keyboard(message, tap, app) {
  const rows = message.rows.map((row, rowNumber) => element(
    "div",
    { class: "row" },
    ...row.map((button, column) => inlineButton(message, button, `${rowNumber}.${column}`, tap, app)),
  ));
  return element("div", { class: "keyboard", role: "group", "aria-label": "Buttons" }, ...rows);
}

function inlineButton(message, button, place, tap, app) {
  const label = element("span", { class: "label" }, button.label);
  if (button.app) return appButton(button, place, label, () => app(message.id, button.url));
  if (button.url) {
    const href = safeLink(button.url);
    const link = element("a", { class: "key", href, target: "_blank", rel: "noopener noreferrer" }, label);
    link.append(element("span", { class: "corner", "aria-hidden": "true" }, "↗"));
    return link;
  }
  const key = element("button", { type: "button", class: "key", "data-place": place, title: button.label }, label);
  key.classList.toggle("waiting", button.waiting);
  if (button.waiting) key.setAttribute("aria-busy", "true");
  key.addEventListener("click", () => {
    key.classList.add("waiting");
    key.setAttribute("aria-busy", "true");
    tap(message.id, button.data);
  });
  return key;
}

function appButton(button, place, label, open) {
  const key = element("button", { type: "button", class: "key", "data-place": place, title: button.label }, label);
  key.append(element("span", { class: "corner", "aria-hidden": "true" }, "▣"));
  key.addEventListener("click", open);
  return key;
}

function icon(lines) {
  const drawing = "http://www.w3.org/2000/svg";
  const drawn = document.createElementNS(drawing, "svg");
  drawn.setAttribute("viewBox", "0 0 24 24");
  drawn.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(drawing, "path");
  path.setAttribute("d", lines);
  drawn.append(path);
  return drawn;
}

export function drawMessage(message, root, { send, tap, remove, app }) {
  const bubble = element("div", { class: "bubble" });
  if (message.photo) bubble.append(photo(message.photo, root));
  if (message.document) bubble.append(file(message.document, root));
  if (message.voice) bubble.append(voice(message.voice, root));
  if (message.location) bubble.append(place(message.location));
  const meta = element("span", { class: "meta" });
  if (message.silent) meta.append(element("span", { class: "silent", title: "Sent without a sound" }, "silent"), " ");
  if (message.edited) meta.append(element("span", {}, "edited"), " ");
  meta.append(element("time", {}, message.time));
  if (message.mine) meta.append(element("span", { class: "ticks", "aria-hidden": "true" }, " ✓✓"));
  bubble.append(element("p", { class: "text" }, ...message.runs.map((each) => run(each, send)), meta));
  const trash = element("button", { type: "button", class: "trash", "aria-label": "Delete this message for both", title: "Delete for both" });
  trash.append(icon("M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5"));
  trash.addEventListener("click", () => remove(message.id));
  const article = element("article", {
    class: `message ${message.mine ? "mine" : "theirs"}${message.photo ? " pictured" : ""}`,
    "data-id": message.id,
    tabindex: "-1",
    "aria-label": message.mine ? "You" : "Bot",
  }, element("div", { class: "line" }, bubble, trash));
  if (message.rows.length) article.append(keyboard(message, tap, app));
  return article;
}
