// Connects the page: messages from the bridge to picture, words and sound, and clicks to requests.

import { get, post, request } from "./api.js";
import { Live } from "./live.js";
import { login } from "./login.js";
import { Microphone } from "./microphone.js";
import * as phone from "./phone.js";
import { Picture } from "./picture.js";
import { Shown } from "./shown.js";
import { Sound } from "./sound.js";
import { Watches } from "./watches.js";
import { Words } from "./words.js";

const SETTLING = 5000; // ms
const find = (id) => document.getElementById(id);
const live = new Live(() => login(find)), sound = new Sound(), shown = new Shown(find);
const words = new Words(find, (comment) => shown.open(comment).catch((error) => notify(error.message, false)));
const picture = new Picture(find("picture"), find("stage"), find("blank"));
const watches = new Watches(find);
const microphone = new Microphone(find, live, (message) => notify(message, false));
const storage = window.localStorage;
let rate = 48000;
let enabled = true;
let drawn = 0;
let source = "robot"; // in the last status
let switching = false;
let noted = "";
let settled = 0; // time until which a status may still show the source before the last switch
const pending = []; // comments

// From the bridge

live.addEventListener("hello", ({ detail }) => {
  rate = detail.rate;
  pending.length = 0;
  words.restore(detail.history);
  watches.restore(detail.alerts);
  show(detail.status);
  loadProfiles().catch((error) => notify(error.message, false));
});
live.addEventListener("status", ({ detail }) => show(detail));
// Words are delayed by as much as our sound. The queue keeps them in order when that delay shrinks.
live.addEventListener("comment", ({ detail }) => {
  pending.push(detail);
  setTimeout(() => { if (pending.length) words.add(pending.shift()); }, 1000 * sound.behind);
});
live.addEventListener("heard", ({ detail }) => microphone.heard(detail));
live.addEventListener("alert", ({ detail }) => watches.alert(detail));
live.addEventListener("picture", ({ detail }) => { drawn += 1; picture.show(detail); });
live.addEventListener("sound", ({ detail }) => sound.play(detail));
live.addEventListener("cut", () => sound.cut());
live.addEventListener("loudness", ({ detail }) => sound.setLoudness(detail.level));
live.addEventListener("lost", () => {
  sound.setLoudness(1);
  const reason = "no connection to the bridge: trying again";
  for (const part of document.querySelectorAll("#dots button")) light(part, "bad", reason);
  picture.showMessage(reason);
});

function show(status) {
  for (const part of document.querySelectorAll("#dots button")) {
    const { light: colour, reason } = status.health[part.dataset.part];
    light(part, colour, reason);
  }
  picture.showMessage(status.health.camera.light === "ok" ? "" : status.health.camera.reason);
  find("delay").textContent = `${(status.delay ?? status.display_delay).toFixed(1)} s`;
  find("pace").textContent = status.words_per_second.toFixed(1);
  find("fps").textContent = `${status.camera_fps.toFixed(0)} fps`;
  find("gaps").textContent = `${sound.gaps} / ${sound.late}`;
  find("sound-figures").hidden = !sound.on;
  enabled = status.enabled;
  find("pause").dataset.on = String(!enabled);
  find("pause").querySelector("b").textContent = enabled ? "Pause" : "Resume";
  find("paused").hidden = enabled || status.health.commentator.light !== "ok";
  if (!status.instruction && find("inforce").contains(document.activeElement)) find("instruction").focus();
  find("inforce").hidden = !status.instruction;
  find("inforce").querySelector("span").textContent = status.instruction;
  if (document.activeElement !== find("profile")) find("profile").value = status.profile;
  find("sound").disabled = !status.speaks && !sound.on;
  if (!sound.on) find("sound").querySelector("b").textContent = status.speaks ? "Turn sound on" : "No voice";
  microphone.offer(status.health.listener);
  followSource(status.source);
  if (status.notice && status.notice !== noted) notify(status.notice, false);
  noted = status.notice;
  live.request({ behind: Math.min(10, Number(sound.behind.toFixed(3))) });
}

async function loadProfiles() {
  const { profiles, profile } = await get("/api/profiles");
  find("profile").replaceChildren(...profiles.map((name) => new Option(name[0].toUpperCase() + name.slice(1), name)));
  find("profile").value = profile;
}

function light(part, colour, reason) {
  part.dataset.light = colour;
  part.querySelector("[role=tooltip]").textContent = reason;
  part.setAttribute("aria-label", `${part.dataset.part}: ${colour}. ${reason}`);
}

// To the bridge

const notice = find("notice");
let hiding = 0;

async function attempt(button, work) {
  const focused = button !== null && document.activeElement === button;
  if (button) button.disabled = true;
  try {
    const message = await work();
    if (message) notify(message, true);
    else notice.textContent = "";
  } catch (error) {
    notify(error.message, false);
  } finally {
    if (button) button.disabled = false;
    // A disabled button loses the focus: give it back, unless the user has moved on.
    if (focused && document.activeElement === document.body) button.focus();
  }
}

function notify(text, well) {
  notice.textContent = text;
  notice.classList.toggle("well", well);
  clearTimeout(hiding);
  if (well) hiding = setTimeout(() => { notice.textContent = ""; }, 8000);
}

find("ask").onsubmit = (event) => {
  event.preventDefault();
  attempt(event.submitter, async () => {
    const question = find("question").value;
    const { answer } = await post("/api/ask", { question, quiet: find("quiet").checked });
    find("question").value = "";
    return answer;
  });
};
find("steer").onsubmit = (event) => {
  event.preventDefault();
  attempt(event.submitter, async () => {
    await post("/api/instruction", { instruction: find("instruction").value });
    find("instruction").value = "";
  });
};
find("free").onclick = () => attempt(find("free"), async () => { await request("DELETE", "/api/instruction"); });
find("profile").onchange = ({ target }) => attempt(target, async () => { await post("/api/profile", { profile: target.value }); });
find("source").onchange = ({ target }) => attempt(target, () => chooseSource(target));
const pause = () => attempt(null, async () => { await post("/api/enabled", { enabled: !enabled }); });
find("pause").onclick = pause;

async function chooseSource(select) {
  const wanted = select.value;
  switching = true;
  try {
    if (wanted === "robot") await phone.stop();
    else await phone.start(() => post("/api/source", { source: "robot" }).catch(() => {}));
    const { message } = await post("/api/source", { source: wanted });
    source = wanted;
    settled = performance.now() + SETTLING;
    return message;
  } catch (error) {
    // Turn off a camera that the robot does not watch.
    await phone.stop().catch(() => {});
    settled = 0;
    throw error;
  } finally {
    switching = false;
    showSource();
  }
}

// Another page may switch the source, and a commentator that restarts watches the robot's camera.
function followSource(current) {
  if (switching || (current !== source && performance.now() < settled)) return;
  source = current;
  if (source === "robot" && phone.filming()) phone.stop().catch(() => {});
  showSource();
}

function showSource() {
  find("source").value = source === "phone" && !phone.filming() ? "other" : source;
  microphone.follow();
}

async function toggleSound() {
  const on = !sound.on;
  await sound.turn(on, rate);
  live.request({ sound: on });
  find("sound").dataset.on = String(on);
  find("sound").querySelector("b").textContent = on ? "Mute" : "Turn sound on";
}
find("sound").onclick = toggleSound;
find("volume").oninput = ({ target }) => { sound.setVolume(target.value / 100); storage.setItem("volume", target.value); };

function toggleCaptions(on = !words.captioned) {
  words.setCaptions(on);
  find("captioned").setAttribute("aria-pressed", String(on));
  storage.setItem("captions", on ? "1" : "");
}
find("captioned").onclick = () => toggleCaptions();

function toggleBoxes(on = find("boxed").getAttribute("aria-pressed") !== "true") {
  find("boxed").setAttribute("aria-pressed", String(on));
  storage.setItem("boxes", on ? "1" : "");
  live.request({ boxes: on });
}
find("boxed").onclick = () => toggleBoxes();

function toggleFullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else find("stage").requestFullscreen?.();
}
find("full").onclick = toggleFullScreen;

const keys = { m: toggleSound, k: pause, c: () => toggleCaptions(), b: () => toggleBoxes(), f: toggleFullScreen, "/": () => find("question").focus() };
find("shortcuts").onchange = ({ target }) => storage.setItem("shortcuts", target.checked ? "on" : "off");
document.addEventListener("keydown", (event) => {
  if (!find("shortcuts").checked) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, dialog")) return;
  const action = keys[event.key.toLowerCase()];
  if (action) {
    event.preventDefault();
    action();
  }
});
document.addEventListener("visibilitychange", () => live.request({ video: !document.hidden }));

// Start

find("volume").value = storage.getItem("volume") ?? 90;
sound.setVolume(find("volume").value / 100);
toggleCaptions(Boolean(storage.getItem("captions")));
toggleBoxes(Boolean(storage.getItem("boxes")));
find("shortcuts").checked = storage.getItem("shortcuts") !== "off";
find("words").classList.add("waiting");
live.open();

// For tests and debugging.
window.commentary = { live, sound, picture, microphone, drawn: () => drawn };
