// What is watched for, and the alerts that came of it.

import { get, post, request } from "./api.js";

const SHOWN = 20; // alerts
const PERIOD = 10000; // ms between two looks at the list: others change it too
const clock = new Intl.DateTimeFormat([], { timeStyle: "medium", hour12: false });

export class Watches {
  #hiding = 0;

  constructor(find) {
    this.list = find("watched");
    this.alerts = find("alerts");
    this.notice = find("watch-notice");
    this.condition = find("condition");
    this.aloud = find("aloud");
    find("watch").onsubmit = (event) => {
      event.preventDefault();
      this.#attempt(event.submitter, () => this.#add());
    };
    setInterval(() => { if (!document.hidden) this.load().catch(() => {}); }, PERIOD);
  }

  // Shows the alerts that came before, the oldest first, and what is watched for now.
  restore(alerts) {
    this.alerts.replaceChildren();
    for (const alert of alerts) this.#show(alert);
    this.load().catch(() => {});
  }

  alert(alert) {
    this.#show(alert);
    this.load().catch(() => {});
  }

  async load() {
    const { watches } = await get("/api/watches");
    const shown = JSON.stringify(watches);
    if (shown === this.shown) return; // a button keeps its focus
    this.shown = shown;
    this.list.replaceChildren(...watches.map((watch) => this.#item(watch)));
  }

  async #add() {
    const { message } = await post("/api/watches", { condition: this.condition.value, speak: this.aloud.checked });
    this.condition.value = "";
    await this.load();
    return message;
  }

  async #remove(watch) {
    await request("DELETE", `/api/watches/${watch.id}`);
    await this.load();
    this.condition.focus();
  }

  #item(watch) {
    const item = document.createElement("li"), words = document.createElement("span");
    words.textContent = watch.name;
    words.title = watch.meaning;
    const details = [watch.camera, watch.speak ? "aloud" : "", watch.alerts ? `${watch.alerts} so far` : ""].filter(Boolean);
    const small = document.createElement("small");
    small.textContent = details.join(", ");
    const remove = document.createElement("button");
    remove.type = "button";
    remove.textContent = "×";
    remove.title = "Watch for this no longer";
    remove.setAttribute("aria-label", `Watch no longer for: ${watch.name}`);
    remove.onclick = () => this.#attempt(remove, () => this.#remove(watch));
    item.append(words, small, remove);
    return item;
  }

  #show(alert) {
    const item = document.createElement("li"), words = document.createElement("div");
    const picture = document.createElement(alert.thumbnail ? "img" : "span");
    if (alert.thumbnail) Object.assign(picture, { src: alert.thumbnail, alt: "" });
    const time = document.createElement("time"), text = document.createElement("p");
    const when = new Date(1000 * alert.stamp);
    time.dateTime = when.toISOString();
    time.textContent = `${clock.format(when)} · ${alert.name}`;
    text.textContent = alert.text;
    words.append(time, text);
    item.append(picture, words);
    this.alerts.prepend(item);
    while (this.alerts.childElementCount > SHOWN) this.alerts.lastElementChild.remove();
  }

  async #attempt(button, work) {
    button.disabled = true;
    try {
      this.#notify((await work()) ?? "", true);
    } catch (error) {
      this.#notify(error.message, false);
    } finally {
      button.disabled = false;
    }
  }

  #notify(text, well) {
    this.notice.textContent = text;
    this.notice.classList.toggle("well", well);
    clearTimeout(this.#hiding);
    if (well) this.#hiding = setTimeout(() => { this.notice.textContent = ""; }, 8000);
  }
}
