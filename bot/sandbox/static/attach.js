// What she sends and does not type: a photo, a voice message, a place.

import { silence, voiceMessage } from "./ogg.js";

const $ = (id) => document.getElementById(id);

const LONGEST_SIDE = 1280; // what Telegram's apps make of a photo
const LONGEST_RECORDING = 5 * 60;
const RECORDED = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus"];

async function base64(blob) {
  const reader = new FileReader();
  const read = new Promise((done, failed) => { reader.onload = done; reader.onerror = failed; });
  reader.readAsDataURL(blob);
  await read;
  return reader.result.split(",")[1];
}

async function asApps(file) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const paper = canvas.getContext("2d");
  paper.fillStyle = "white"; // a JPEG has no clear parts
  paper.fillRect(0, 0, canvas.width, canvas.height);
  paper.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.87));
}

// `act` tells the server, `toast` the visitor.
export function attach(act, toast) {
  openList();
  for (const cancel of document.querySelectorAll("[data-cancel]")) {
    cancel.addEventListener("click", () => cancel.closest("dialog").close());
  }
  photos(act, toast);
  voices(act);
  places(act);
}

// --- the list behind the paper clip

function openList() {
  const list = $("attach-list");
  const show = (on) => {
    list.hidden = !on;
    $("attach").setAttribute("aria-expanded", String(on));
  };
  $("attach").addEventListener("click", () => {
    show(list.hidden);
    if (!list.hidden) list.querySelector("button").focus();
  });
  list.addEventListener("click", (event) => { if (event.target.closest("button")) { show(false); $("attach").focus(); } });
  list.addEventListener("focusout", (event) => { if (event.relatedTarget && !list.contains(event.relatedTarget)) show(false); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) { show(false); $("attach").focus(); }
  });
  document.addEventListener("click", (event) => { if (!event.target.closest("#attach, #attach-list")) show(false); });
}

// --- a photo

function photos(act, toast) {
  $("attach-photo").addEventListener("click", () => $("photo-file").click());
  $("photo-file").addEventListener("change", async () => {
    const [file] = $("photo-file").files;
    $("photo-file").value = ""; // so that the same one can be chosen again
    if (!file) return;
    let photo;
    try {
      photo = await asApps(file);
    } catch {
      toast("This file is no picture");
      return;
    }
    await act("send_photo", { body: await base64(photo) });
  });
}

// --- a voice message

function voices(act) {
  const dialog = $("voice-dialog");
  const kind = RECORDED.find((each) => globalThis.MediaRecorder?.isTypeSupported(each));
  let recorder = null;
  let wanted = false;
  let ticking = 0;

  const send = async ({ blob, seconds }) => act("send_voice", { body: await base64(blob), seconds });

  function state(now) {
    $("voice-record").hidden = now !== "ready";
    $("voice-send").hidden = now !== "recording";
    $("voice-test").hidden = now !== "without";
    $("voice-hint").textContent = {
      ready: "It is recorded with the microphone of this machine and stays on it.",
      recording: "Recording",
      without: "This browser has no microphone to record with. Two seconds of silence can be sent in its place.",
    }[now];
    $("voice-time").hidden = now !== "recording";
    dialog.querySelector("form button:not([hidden]):not(.plain)").focus();
  }

  async function record() {
    let microphone;
    $("voice-record").disabled = true;
    try {
      microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      state("without");
      return;
    } finally {
      $("voice-record").disabled = false;
    }
    const release = () => microphone.getTracks().forEach((track) => track.stop());
    if (!dialog.open) { release(); return; }
    const parts = [];
    recorder = new MediaRecorder(microphone, { mimeType: kind });
    recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
    recorder.addEventListener("stop", async () => {
      release();
      if (wanted) await send(await voiceMessage(new Blob(parts, { type: kind })));
    });
    recorder.start();
    state("recording");
    let past = 0;
    $("voice-time").textContent = "0:00";
    ticking = setInterval(() => {
      past += 1;
      $("voice-time").textContent = `${Math.floor(past / 60)}:${String(past % 60).padStart(2, "0")}`;
      if (past === LONGEST_RECORDING) dialog.close("send");
    }, 1000);
  }

  $("attach-voice").addEventListener("click", () => {
    $("attach").focus();
    dialog.returnValue = "";
    dialog.showModal();
    state(kind && navigator.mediaDevices ? "ready" : "without");
  });
  $("voice-record").addEventListener("click", record);
  $("voice-test").addEventListener("click", () => send(silence(2)));
  dialog.addEventListener("close", () => {
    clearInterval(ticking);
    wanted = dialog.returnValue === "send";
    recorder?.stop();
    recorder = null;
  });
}

// --- a place

function places(act) {
  const dialog = $("place-dialog");
  $("attach-place").addEventListener("click", () => {
    $("attach").focus();
    dialog.returnValue = "";
    dialog.querySelector("form").reset();
    dialog.showModal();
  });
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "send") return;
    act("send_location", { latitude: $("latitude").valueAsNumber, longitude: $("longitude").valueAsNumber });
  });
}
