// Plays speech without gaps: each block begins with the sample at which the one before it ends.

const TOUCHING = 0.06; // seconds; blocks due this close to each other belong together
const AHEAD = 0.01; // seconds the browser needs to start a block in time
const MOST_LAG = 1.5;

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
    this.gaps = 0;
    this.late = 0;
    this.blocks = 0;
  }

  // Seconds by which what is heard comes later than it was due.
  get behind() {
    return this.on ? this.#lag + (this.#context?.outputLatency || 0) : 0;
  }

  // Only a click or a key may start sound: browsers ask for that.
  async turn(on, rate) {
    this.on = on;
    if (on && !this.#context) {
      this.#context = new AudioContext({ sampleRate: rate, latencyHint: "interactive" });
      this.#gain = this.#context.createGain();
      this.#gain.connect(this.#context.destination);
      this.loud(this.volume);
    }
    if (on) await this.#context.resume();
    else this.cut();
    this.#expected = null;
  }

  loud(volume) {
    this.volume = volume;
    this.#gain?.gain.setTargetAtTime(volume ** 2, this.#context.currentTime, 0.015);
  }

  play({ index, due, samples }) {
    if (!this.on || !samples.length) return;
    const now = this.#context.currentTime;
    if (this.#expected !== null && index !== this.#expected) this.gaps += 1;
    this.#expected = (index + 1) % 2 ** 32;
    const meant = now + due;
    let start = meant + this.#lag;
    if (Math.abs(start - this.#end) < TOUCHING) start = this.#end;
    if (start < Math.max(this.#end, now + AHEAD)) {
      // Too late, or over what still plays: behind that, or left out, so that the next ones catch up.
      this.late += 1;
      start = Math.max(this.#end, now + 2 * AHEAD);
      if (start - meant > MOST_LAG) return;
      this.#lag = start - meant;
    } else if (start > this.#end + TOUCHING) {
      this.#lag *= 0.9; // silence: the moment to come closer again
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

  // The sentence was cut off: nothing of it may be heard any more.
  cut() {
    for (const node of this.#playing) node.stop();
    this.#playing.clear();
    this.#end = 0;
  }
}
