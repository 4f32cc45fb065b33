// The WebSocket that carries comments, status, pictures and sound.

const PICTURE = 1, SOUND = 2, HEADER = 16;
const MAX_WAITING = 65_536; // bytes

export class Live extends EventTarget {
  #socket = null;
  #wanted = {};
  #boxes = null; // of the picture that comes next
  #retryDelay = 500;
  #login;

  // `login` resolves once the bridge accepts us: after a restart it may require another token.
  constructor(login) {
    super();
    this.#login = login;
  }

  async open() {
    await this.#login();
    const url = new URL("/api/live", location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = this.#socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.#retryDelay = 500;
      this.#send();
      this.#emit("open");
    };
    socket.onmessage = ({ data }) => (typeof data === "string" ? this.#text(data) : this.#bytes(data));
    socket.onclose = () => {
      this.#emit("lost");
      setTimeout(() => this.open(), this.#retryDelay);
      this.#retryDelay = Math.min(this.#retryDelay * 1.6, 8000);
    };
  }

  // Requests video, sound, boxes or behind, now and after each reconnection.
  request(changes) {
    Object.assign(this.#wanted, changes);
    this.#send();
  }

  // Sends a microphone's sound; while the connection lags, it is dropped.
  send(bytes) {
    const socket = this.#socket;
    if (socket?.readyState === WebSocket.OPEN && socket.bufferedAmount < MAX_WAITING) socket.send(bytes);
  }

  #send() {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(this.#wanted));
  }

  #text(data) {
    const message = JSON.parse(data);
    if (message.type === "boxes") this.#boxes = message;
    this.#emit(message.type, message);
  }

  #bytes(data) {
    const header = new DataView(data, 0, HEADER);
    const index = header.getUint32(4, true), seconds = header.getFloat64(8, true);
    const kind = header.getUint8(0);
    if (kind === PICTURE) {
      const boxes = this.#boxes?.stamp === seconds ? this.#boxes : null;
      this.#emit("picture", { stamp: seconds, jpeg: new Uint8Array(data, HEADER), boxes });
    }
    if (kind === SOUND) this.#emit("sound", { index, due: seconds, samples: new Int16Array(data, HEADER) });
  }

  #emit(type, detail = {}) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
