// Talking to the robot: an open microphone, or one that is open while Space is held.

import { Capture, level } from "./capture.js";
import * as phone from "./phone.js";

const KIND = 3, HEADER = 16;
const TAIL = 300; // ms that are still heard after the key is up
const SILENCE = 1200; // ms of silence after that, which end the utterance
const CONSTRAINTS = { audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } };

export class Microphone {
  #live;
  #stream = null;
  #capture = null; // of the stream, which the page sends
  #room = null; // of the track that this device sends through the room: a promise
  #opening = null;
  #open = false; // by the button
  #held = false; // by the key
  #hears = 0; // time until which it hears after the key is up
  #filming = false; // when the way of the sound was last chosen
  #find;
  #notify;

  // `notify` shows what went wrong.
  constructor(find, live, notify) {
    this.#find = find;
    this.#live = live;
    this.#notify = notify;
    this.blocks = 0;
    find("talk").onclick = () => this.#attempt(this.#toggle());
    const isKey = (event) => event.code === "Space" && find("shortcuts").checked;
    document.addEventListener("keydown", (event) => {
      if (!isKey(event) || event.repeat || !this.#offered) return;
      if (event.target.closest("input, select, button, dialog, ol")) return;
      event.preventDefault();
      this.#attempt(this.hold(true));
    });
    document.addEventListener("keyup", (event) => { if (isKey(event)) this.hold(false); });
    window.addEventListener("blur", () => this.hold(false));
  }

  // Whether there is a listener to talk to; one that can't listen says why.
  offer({ light, reason }) {
    const listens = light === "ok";
    this.#find("microphone").hidden = light === "off";
    this.#find("talk").disabled = !listens;
    this.#find("listener-trouble").textContent = light === "bad" ? reason : "";
    if (!listens && this.#open) this.#attempt(this.#toggle());
  }

  // Changes between the page and the room once this device begins or ceases to film.
  follow() {
    if (this.#filming === phone.filming()) return;
    this.#filming = phone.filming();
    if (this.#open) this.#attempt(this.#route());
  }

  // Shows what was heard, and what was made of it.
  heard({ text, final, outcome }) {
    this.#find("heard").textContent = text;
    this.#find("heard").classList.toggle("growing", !final);
    this.#find("done").textContent = final ? outcome : "";
  }

  async hold(held) {
    if (held === this.#held) return;
    this.#held = held;
    if (!held) this.#hears = performance.now() + TAIL;
    this.#show();
    if (this.#heardHere) await this.#record();
  }

  get #offered() {
    return !this.#find("microphone").hidden && !this.#find("talk").disabled;
  }

  // A phone that films sends its sound through the same room, and not twice.
  get #heardHere() {
    return this.#open ? !phone.filming() : this.#held;
  }

  #attempt(work) {
    work.catch((error) => this.#notify(error.message));
  }

  async #toggle() {
    this.#open = !this.#open;
    this.#hears = performance.now();
    this.#show();
    await this.#route();
  }

  async #route() {
    this.#filming = phone.filming();
    try {
      await this.#meter(this.#filming ? await phone.hear(this.#open) : null);
      if (this.#heardHere) await this.#record();
    } catch (error) {
      this.#open = false;
      this.#show();
      throw error;
    }
    if (!this.#heardHere) await this.#release();
  }

  #show() {
    const on = this.#open || this.#held;
    this.#find("talk").setAttribute("aria-pressed", String(this.#open));
    this.#find("talk").querySelector("b").textContent = this.#open ? "Stop listening" : "Talk to it";
    this.#find("microphone").classList.toggle("on", on);
    if (!on) this.#find("level").value = 0;
  }

  // Shows the level of a track from now on; none if it is null.
  async #meter(track) {
    const before = this.#room;
    const show = (samples) => { if (this.#open) this.#find("level").value = level(samples); };
    const opened = this.#room = track && Capture.open(new MediaStream([track]), show);
    await (await before?.catch(() => null))?.close();
    await opened;
  }

  async #record() {
    this.#opening ??= this.#start();
    try {
      await this.#opening;
    } catch (error) {
      this.#opening = null;
      this.#held = false;
      throw error;
    }
  }

  async #start() {
    if (!navigator.mediaDevices) {
      throw new Error("Browsers allow the microphone only on https pages and on localhost: open the bridge that way.");
    }
    this.#stream = await navigator.mediaDevices.getUserMedia(CONSTRAINTS).catch((error) => { throw explained(error); });
    this.#capture = await Capture.open(this.#stream, (samples, rate) => this.#take(samples, rate));
  }

  // The browser shows that a page listens: not longer than it does.
  async #release() {
    const capture = this.#capture;
    await new Promise((resolve) => setTimeout(resolve, SILENCE));
    if (this.#heardHere || capture !== this.#capture || !capture) return;
    this.#stream.getTracks().forEach((track) => track.stop());
    this.#capture = this.#opening = null;
    await capture.close();
  }

  #take(samples, rate) {
    const now = performance.now();
    const hears = this.#heardHere || now < this.#hears;
    if (!hears && now > this.#hears + SILENCE) return;
    const message = new ArrayBuffer(HEADER + 2 * samples.length);
    const head = new DataView(message);
    head.setUint8(0, KIND);
    head.setUint32(4, rate, true);
    if (hears) new Int16Array(message, HEADER).set(samples);
    this.#live.send(message);
    this.blocks += 1;
    if (!this.#room) this.#find("level").value = hears ? level(samples) : 0;
  }
}

function explained(error) {
  if (error.name === "NotAllowedError") return new Error("The browser blocks the microphone: allow it for this page, then try again.");
  if (error.name === "NotFoundError") return new Error("This device has no microphone.");
  return error;
}
