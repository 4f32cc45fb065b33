// Wires the page: what comes from the bridge to what is seen and heard, and clicks to requests.

import { get, post, request } from "./api.js";
import { Live } from "./live.js";
import { enter } from "./login.js";
import * as phone from "./phone.js";
import { Picture } from "./picture.js";
import { Sound } from "./sound.js";
import { Words } from "./words.js";

const SETTLING = 5000; // ms
const find = (id) => document.getElementById(id);
const live = new Live(() => enter(find)), sound = new Sound(), words = new Words(find);
const picture = new Picture(find("picture"), find("stage"), find("blank"));
const kept = window.localStorage;
let rate = 48000;
let enabled = true;
let drawn = 0;
let source = "robot"; // as the bridge tells it
let switching = false;
let settled = 0; // until then the bridge may still tell what was before the last switch
const waiting = []; // comments

// What is seen and heard

live.addEventListener("hello", ({ detail }) => {
  rate = detail.rate;
  waiting.length = 0;
  words.recall(detail.history);
  show(detail.status);
  offerManners().catch((error) => tell(error.message, false));
});
live.addEventListener("status", ({ detail }) => show(detail));
// Words wait as long as our sound does, and stay in order though that grows shorter.
live.addEventListener("comment", ({ detail }) => {
  waiting.push(detail);
  setTimeout(() => { if (waiting.length) words.hear(waiting.shift()); }, 1000 * sound.behind);
});
live.addEventListener("picture", ({ detail }) => { drawn += 1; picture.show(detail); });
live.addEventListener("sound", ({ detail }) => sound.play(detail));
live.addEventListener("cut", () => sound.cut());
live.addEventListener("lost", () => {
  const reason = "no connection to the bridge: trying again";
  for (const part of document.querySelectorAll("#dots button")) light(part, "bad", reason);
  picture.tell(reason);
});

function show(status) {
  for (const part of document.querySelectorAll("#dots button")) {
    const { light: colour, reason } = status.health[part.dataset.part];
    light(part, colour, reason);
  }
  picture.tell(status.health.camera.light === "ok" ? "" : status.health.camera.reason);
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
  follow(status.source);
  live.want({ behind: Math.min(10, Number(sound.behind.toFixed(3))) });
}

async function offerManners() {
  const { profiles, profile } = await get("/api/profiles");
  find("profile").replaceChildren(...profiles.map((name) => new Option(name[0].toUpperCase() + name.slice(1), name)));
  find("profile").value = profile;
}

function light(part, colour, reason) {
  part.dataset.light = colour;
  part.querySelector("[role=tooltip]").textContent = reason;
  part.setAttribute("aria-label", `${part.dataset.part}: ${colour}. ${reason}`);
}

// What is asked for

const notice = find("notice");
let hiding = 0;

async function attempt(button, work) {
  const focused = button !== null && document.activeElement === button;
  if (button) button.disabled = true;
  try {
    const said = await work();
    if (said) tell(said, true);
    else notice.textContent = "";
  } catch (error) {
    tell(error.message, false);
  } finally {
    if (button) button.disabled = false;
    // What is disabled loses the focus; whoever went on meanwhile keeps it where it is.
    if (focused && document.activeElement === document.body) button.focus();
  }
}

function tell(text, well) {
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
find("source").onchange = ({ target }) => attempt(target, () => watch(target));
const pause = () => attempt(null, async () => { await post("/api/enabled", { enabled: !enabled }); });
find("pause").onclick = pause;

async function watch(select) {
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
    // A camera that the robot does not watch is not to film.
    await phone.stop().catch(() => {});
    settled = 0;
    throw error;
  } finally {
    switching = false;
    showSource();
  }
}

// Another page may switch, and a commentator that starts again watches its own camera.
function follow(told) {
  if (switching || (told !== source && performance.now() < settled)) return;
  source = told;
  if (source === "robot" && phone.filming()) phone.stop().catch(() => {});
  showSource();
}

function showSource() {
  find("source").value = source === "phone" && !phone.filming() ? "other" : source;
}

async function turnSound() {
  const on = !sound.on;
  await sound.turn(on, rate);
  live.want({ sound: on });
  find("sound").dataset.on = String(on);
  find("sound").querySelector("b").textContent = on ? "Mute" : "Turn sound on";
}
find("sound").onclick = turnSound;
find("volume").oninput = ({ target }) => { sound.loud(target.value / 100); kept.setItem("volume", target.value); };

function turnCaptions(on = !words.captioned) {
  words.caption(on);
  find("captioned").setAttribute("aria-pressed", String(on));
  kept.setItem("captions", on ? "1" : "");
}
find("captioned").onclick = () => turnCaptions();

function fill() {
  if (document.fullscreenElement) document.exitFullscreen();
  else find("stage").requestFullscreen?.();
}
find("full").onclick = fill;

const keys = { m: turnSound, k: pause, c: () => turnCaptions(), f: fill, "/": () => find("question").focus() };
find("shortcuts").onchange = ({ target }) => kept.setItem("shortcuts", target.checked ? "on" : "off");
document.addEventListener("keydown", (event) => {
  if (!find("shortcuts").checked) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, dialog")) return;
  const action = keys[event.key.toLowerCase()];
  if (action) {
    event.preventDefault();
    action();
  }
});
document.addEventListener("visibilitychange", () => live.want({ video: !document.hidden }));

// Begin

find("volume").value = kept.getItem("volume") ?? 90;
sound.loud(find("volume").value / 100);
turnCaptions(Boolean(kept.getItem("captions")));
find("shortcuts").checked = kept.getItem("shortcuts") !== "off";
find("words").classList.add("waiting");
live.open();

// For tests, and for those who look at what the page does.
window.commentary = { live, sound, picture, drawn: () => drawn };
