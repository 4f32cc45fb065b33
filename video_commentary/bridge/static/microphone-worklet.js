// Runs on the browser's audio thread: collects samples into blocks of int16.

class Capture extends AudioWorkletProcessor {
  #block = new Int16Array(Math.round(sampleRate * 0.04));
  #filled = 0;

  process([[channel]]) {
    for (const sample of channel ?? []) {
      this.#block[this.#filled++] = Math.max(-32768, Math.min(32767, Math.round(sample * 32767)));
      if (this.#filled === this.#block.length) {
        this.port.postMessage(this.#block.slice());
        this.#filled = 0;
      }
    }
    return true;
  }
}

registerProcessor("capture", Capture);
