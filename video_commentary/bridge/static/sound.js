// Plays speech without gaps: each block starts at the sample where the one before it ends.

const TOUCHING = 0.06; // seconds; blocks due this close to each other belong together
const AHEAD = 0.01; // seconds the browser needs to start a block in time
const MAX_LAG = 1.5;

export class Sound {
  #context = null;
  #gain = null;
  #playing = new Set();
  #end = 0;
  #lag = 0;
  #expected = null;

  constructor() {
    this.on = false;
    this.volume = 0.9;
    this.loudness = 1;
    this.gaps = 0;
    this.late = 0;
    this.blocks = 0;
  }

  // Seconds by which the sound plays later than it was due.
  get behind() {
    return this.on ? this.#lag + (this.#context?.outputLatency || 0) : 0;
  }

  // Browsers allow sound only after a click or a key press.
  async turn(on, rate) {
    this.on = on;
    if (on && !this.#context) {
      this.#context = new AudioContext({ sampleRate: rate, latencyHint: "interactive" });
      this.#gain = this.#context.createGain();
      this.#gain.connect(this.#context.destination);
      this.setVolume(this.volume);
    }
    if (on) await this.#context.resume();
    else this.cut();
    this.#expected = null;
  }

  setVolume(volume) {
    this.volume = volume;
    this.#gain?.gain.setTargetAtTime(volume ** 2 * this.loudness, this.#context.currentTime, 0.015);
  }

  // The gain of speech: below 1 while somebody speaks to the robot.
  setLoudness(level) {
    this.loudness = level;
    this.setVolume(this.volume);
  }

  play({ index, due, samples }) {
    if (!this.on || !samples.length) return;
    const now = this.#context.currentTime;
    if (this.#expected !== null && index !== this.#expected) this.gaps += 1;
    this.#expected = (index + 1) % 2 ** 32;
    const dueAt = now + due;
    let start = dueAt + this.#lag;
    if (Math.abs(start - this.#end) < TOUCHING) start = this.#end;
    if (start < Math.max(this.#end, now + AHEAD)) {
      // Late, or due while another block plays: play it after that one. If the lag gets too long, drop
      // it, so that the next ones catch up.
      this.late += 1;
      start = Math.max(this.#end, now + 2 * AHEAD);
      if (start - dueAt > MAX_LAG) return;
      this.#lag = start - dueAt;
    } else if (start > this.#end + TOUCHING) {
      this.#lag *= 0.9; // catch up during silence
    }
    this.#schedule(samples, start);
  }

  #schedule(samples, start) {
    const rate = this.#context.sampleRate;
    const buffer = this.#context.createBuffer(1, samples.length, rate);
    const channel = buffer.getChannelData(0);
    for (let i = 0; i < samples.length; i += 1) channel[i] = samples[i] / 32768;
    const node = this.#context.createBufferSource();
    node.buffer = buffer;
    node.connect(this.#gain);
    node.onended = () => this.#playing.delete(node);
    node.start(start);
    this.#playing.add(node);
    this.#end = start + samples.length / rate;
    this.blocks += 1;
  }

  // The sentence was cut off: silence what is left of it.
  cut() {
    for (const node of this.#playing) node.stop();
    this.#playing.clear();
    this.#end = 0;
  }
}
