// Stands in for https://telegram.org/js/telegram-web-app.js in the demo and in tests, where there is no internet. It has
// what our Mini App uses, and sends Telegram's own events to the phone around it. A plain script, as Telegram's is.

(() => {
  const launch = new URLSearchParams(location.hash.slice(1));
  const initData = launch.get("tgWebAppData") ?? "";
  const handlers = new Map();

  function post(eventType, eventData = {}) {
    if (window.parent !== window) window.parent.postMessage(JSON.stringify({ eventType, eventData }), location.origin);
  }

  function on(name, handler) {
    handlers.set(name, (handlers.get(name) ?? new Set()).add(handler));
  }

  function off(name, handler) {
    handlers.get(name)?.delete(handler);
  }

  function happen(name) {
    for (const handler of handlers.get(name) ?? []) handler.call(WebApp);
  }

  function unsafe() {
    const fields = Object.fromEntries(new URLSearchParams(initData));
    if (fields.user) fields.user = JSON.parse(fields.user);
    return fields;
  }

  const mainButton = {
    text: "Continue",
    isVisible: false,
    isActive: true,
    isProgressVisible: false,
    setParams({ text, is_visible, is_active }) {
      Object.assign(mainButton, {
        text: text ?? mainButton.text,
        isVisible: is_visible ?? mainButton.isVisible,
        isActive: is_active ?? mainButton.isActive,
      });
      post("web_app_setup_main_button", {
        text: mainButton.text,
        is_visible: mainButton.isVisible,
        is_active: mainButton.isActive,
        is_progress_visible: mainButton.isProgressVisible,
      });
      return mainButton;
    },
    setText: (text) => mainButton.setParams({ text }),
    show: () => mainButton.setParams({ is_visible: true }),
    hide: () => mainButton.setParams({ is_visible: false }),
    enable: () => mainButton.setParams({ is_active: true }),
    disable: () => mainButton.setParams({ is_active: false }),
    onClick: (handler) => on("mainButtonClicked", handler),
    offClick: (handler) => off("mainButtonClicked", handler),
  };

  const backButton = {
    isVisible: false,
    show: () => back(true),
    hide: () => back(false),
    onClick: (handler) => on("backButtonClicked", handler),
    offClick: (handler) => off("backButtonClicked", handler),
  };

  function back(visible) {
    backButton.isVisible = visible;
    post("web_app_setup_back_button", { is_visible: visible });
    return backButton;
  }

  const WebApp = {
    initData,
    initDataUnsafe: unsafe(),
    version: launch.get("tgWebAppVersion") ?? "6.0",
    platform: launch.get("tgWebAppPlatform") ?? "unknown",
    themeParams: {},
    colorScheme: "light",
    isExpanded: true,
    MainButton: mainButton,
    BackButton: backButton,
    ready: () => post("web_app_ready"),
    expand: () => post("web_app_expand"),
    close: () => post("web_app_close"),
    onEvent: on,
    offEvent: off,
  };

  function paint(colours) {
    WebApp.themeParams = colours;
    const [red, green, blue] = (colours.bg_color ?? "#ffffff").match(/[0-9a-f]{2}/gi).map((part) => parseInt(part, 16));
    WebApp.colorScheme = red * 0.299 + green * 0.587 + blue * 0.114 < 120 ? "dark" : "light";
    const { style } = document.documentElement;
    style.setProperty("--tg-color-scheme", WebApp.colorScheme);
    for (const [name, colour] of Object.entries(colours)) style.setProperty(`--tg-theme-${name.replaceAll("_", "-")}`, colour);
  }

  window.addEventListener("message", ({ source, data }) => {
    if (source !== window.parent || typeof data !== "string") return;
    const { eventType, eventData } = JSON.parse(data);
    if (eventType === "theme_changed") paint(eventData.theme_params);
    const names = { main_button_pressed: "mainButtonClicked", back_button_pressed: "backButtonClicked", theme_changed: "themeChanged" };
    if (names[eventType]) happen(names[eventType]);
  });

  const colours = launch.get("tgWebAppThemeParams");
  if (colours) paint(JSON.parse(colours));
  window.Telegram = { WebApp };
})();
