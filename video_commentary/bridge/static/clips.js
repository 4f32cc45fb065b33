// Clips that the memory has recorded: a strip of pictures, and a player.

import { get, post } from "./api.js";

const SHOWN = 30, PERIOD = 3000, AWAY = 15000; // clips; ms between two looks, and without a memory
const find = (id) => document.getElementById(id);
const panel = find("clips"), list = find("clip-list"), notice = find("clip-notice"), keep = find("keep");
const dialog = find("clip"), video = find("clip-video");
const clock = new Intl.DateTimeFormat([], { dateStyle: "medium", timeStyle: "medium", hour12: false });

let shown = "";
let ofAlerts = new Map(); // clips by the ids of alerts in the timeline
let hiding = 0;

const address = (clip, format) => `/api/clips/${clip.id}?format=${format}`;
const seconds = (clip) => `${Math.max(1, Math.round(clip.end - clip.begin))} s`;
const title = (clip) => clip.name || (clip.alert ? "Alert" : "Clip");

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

function item(clip) {
  const row = document.createElement("li"), button = document.createElement("button");
  const picture = document.createElement("img"), time = document.createElement("time");
  Object.assign(picture, { src: address(clip, "jpeg"), alt: "", loading: "lazy", decoding: "async" });
  const when = new Date(1000 * clip.moment);
  time.dateTime = when.toISOString();
  time.textContent = clock.format(when);
  button.type = "button";
  button.title = "Play this clip";
  button.append(picture, element("span", seconds(clip)), element("b", title(clip)), time);
  button.onclick = () => open(clip);
  row.dataset.id = clip.id;
  row.dataset.kind = clip.alert ? "alert" : "kept";
  row.append(button);
  return row;
}

function open(clip) {
  const track = document.createElement("track");
  Object.assign(track, { kind: "subtitles", label: "Words", srclang: "en", src: address(clip, "vtt"), default: true });
  video.replaceChildren(track);
  video.poster = address(clip, "jpeg");
  video.src = address(clip, "mp4");
  find("clip-title").textContent = `${title(clip)} · ${clock.format(new Date(1000 * clip.moment))}`;
  find("clip-mp4").href = address(clip, "mp4");
  find("clip-mp4").download = `${clip.id}.mp4`;
  find("clip-mcap").href = address(clip, "mcap");
  find("clip-mcap").hidden = clip.format !== "mcap";
  say("Preparing the clip", true);
  dialog.showModal();
  video.play().catch(() => {}); // a browser may want a click first
}

function say(text, well) {
  find("clip-trouble").textContent = text;
  find("clip-trouble").classList.toggle("well", well);
}

video.addEventListener("loadeddata", () => say("", false));
video.addEventListener("error", async () => {
  if (!video.getAttribute("src")) return;
  const response = await fetch(video.src, { headers: { Range: "bytes=0-0" } }).catch(() => null);
  const { detail } = response && !response.ok ? await response.json().catch(() => ({})) : {};
  say(detail ?? "This browser can't play the clip: download it instead.", false);
});
dialog.addEventListener("close", () => {
  video.pause();
  video.removeAttribute("src");
  video.load(); // stops the download
});
find("clip-close").onclick = () => dialog.close();

function notify(text, well) {
  notice.textContent = text;
  notice.classList.toggle("well", well);
  clearTimeout(hiding);
  if (well) hiding = setTimeout(() => notify("", false), 15000);
}

find("keeping").onsubmit = async (event) => {
  event.preventDefault();
  keep.disabled = true;
  try {
    await post("/api/keep", { name: find("clip-name").value.trim() });
    find("clip-name").value = "";
    notify("Recording: the clip appears here when it is complete.", true);
  } catch (error) {
    notify(error.message, false);
  } finally {
    keep.disabled = false;
  }
};
async function load() {
  const { clips, total } = await get(`/api/clips?limit=${SHOWN}`);
  const state = JSON.stringify(clips);
  find("clip-count").textContent = total > clips.length ? `the newest ${clips.length} of ${total}` : "";
  if (state === shown) return; // a button keeps its focus
  shown = state;
  list.replaceChildren(...clips.map(item));
  ofAlerts = new Map(clips.filter(({ alert }) => alert).map((clip) => [String(clip.alert), clip]));
  mark();
}

// Alerts in the timeline get a button that plays their clip.
function mark() {
  for (const row of find("entries").querySelectorAll("[data-kind=alert]:not(:has(button))")) {
    const clip = ofAlerts.get(row.dataset.id);
    if (!clip) continue;
    const button = element("button", "Play the clip");
    button.type = "button";
    button.onclick = () => open(clip);
    row.lastElementChild.append(button);
  }
}
new MutationObserver(mark).observe(find("entries"), { childList: true });

async function follow() {
  try {
    if (!document.hidden) {
      await load();
      panel.hidden = false;
    }
  } catch {
    // Without a memory there is nothing to show, and the timeline is hidden too.
  }
  setTimeout(follow, panel.hidden ? AWAY : PERIOD);
}

follow();
