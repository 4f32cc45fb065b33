// The one connection that carries everything: words, status, pictures, sound.

const PICTURE = 1, SOUND = 2, HEAD = 16;

export class Live extends EventTarget {
  #socket = null;
  #wish = {};
  #pause = 500;
  #enter;

  // `enter` resolves once the bridge lets us in: it may ask for another token after a restart.
  constructor(enter) {
    super();
    this.#enter = enter;
  }

  async open() {
    await this.#enter();
    const url = new URL("/api/live", location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = this.#socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.#pause = 500;
      this.#send();
      this.#tell("open");
    };
    socket.onmessage = ({ data }) => (typeof data === "string" ? this.#text(data) : this.#bytes(data));
    socket.onclose = () => {
      this.#tell("lost");
      setTimeout(() => this.open(), this.#pause);
      this.#pause = Math.min(this.#pause * 1.6, 8000);
    };
  }

  // What we want from now on, and again after each reconnection: video, sound, behind.
  want(wish) {
    Object.assign(this.#wish, wish);
    this.#send();
  }

  #send() {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(this.#wish));
  }

  #text(data) {
    const message = JSON.parse(data);
    this.#tell(message.type, message);
  }

  #bytes(data) {
    const head = new DataView(data, 0, HEAD);
    const index = head.getUint32(4, true), seconds = head.getFloat64(8, true);
    const kind = head.getUint8(0);
    if (kind === PICTURE) this.#tell("picture", { stamp: seconds, jpeg: new Uint8Array(data, HEAD) });
    if (kind === SOUND) this.#tell("sound", { index, due: seconds, samples: new Int16Array(data, HEAD) });
  }

  #tell(type, detail = {}) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
