// The bar that moves the demo's time. The phone's script tells it the clock by `demo-clock` events.

const { root, timezone } = document.body.dataset;
const now = document.getElementById("demo-now");
const said = document.getElementById("demo-said");
const progress = document.getElementById("demo-progress");
const buttons = [...document.querySelectorAll("[data-jump]")];

function show(moment) {
  if (now.textContent !== moment.bar) now.textContent = moment.bar;
}

let fading = 0;
function say(words) {
  said.textContent = words;
  clearTimeout(fading);
  fading = setTimeout(() => { said.textContent = ""; }, 10000);
}

async function look() {
  const answer = await fetch(`${root}/time?timezone=${encodeURIComponent(timezone)}`);
  if (answer.ok) show((await answer.json()).now);
}

async function jump(button) {
  buttons.forEach((each) => { each.disabled = true; });
  progress.hidden = false;
  clearTimeout(fading);
  said.textContent = "Moving on…";
  const ticking = setInterval(() => look().catch(() => {}), 500);
  document.dispatchEvent(new CustomEvent("demo-jump", { detail: true }));
  try {
    const answer = await fetch(`${root}/time`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ target: button.dataset.jump, timezone }),
    });
    if (!answer.ok) throw new Error(await answer.text());
    const body = await answer.json();
    show(body.now);
    say(body.said);
  } catch (error) {
    say("That did not work. Please try again.");
    console.error(error);
  } finally {
    clearInterval(ticking);
    progress.hidden = true;
    buttons.forEach((each) => { each.disabled = false; });
    button.focus();
    document.dispatchEvent(new CustomEvent("demo-jump", { detail: false }));
  }
}

if (now) {
  buttons.forEach((button) => button.addEventListener("click", () => jump(button)));
  document.addEventListener("demo-clock", (event) => show(event.detail));
  if (!document.getElementById("phone")) setInterval(() => look().catch(() => {}), 5000);
}
