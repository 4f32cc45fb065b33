// What a stream of sound holds, in blocks.

const WORKLET = "/static/microphone-worklet.js";

export class Capture {
  #context;

  // `take` gets each block: int16 samples of about 40 ms, and their rate in Hz.
  static async open(stream, take) {
    const context = new AudioContext({ latencyHint: "interactive" });
    await context.audioWorklet.addModule(WORKLET);
    const capture = new AudioWorkletNode(context, "capture");
    capture.port.onmessage = ({ data }) => take(data, context.sampleRate);
    context.createMediaStreamSource(stream).connect(capture);
    capture.connect(context.destination); // silence: what is not connected does not run
    await context.resume();
    return new Capture(context);
  }

  constructor(context) { this.#context = context; }

  async close() { await this.#context.close(); }
}

// How loud a block is, from 0 at -60 dB to 1 at full scale.
export function level(samples) {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  return Math.max(0, 1 + Math.log10(Math.sqrt(power) / 32768 + 1e-6) / 3);
}
