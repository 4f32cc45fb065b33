// Draws the newest picture; those that arrive while another is decoded replace each other.

import { drawBoxes } from "./boxes.js";

export class Picture {
  #next = null;
  #busy = false;
  #context;

  constructor(canvas, stage, blank) {
    this.canvas = canvas;
    this.stage = stage;
    this.blank = blank;
    this.#context = canvas.getContext("2d", { alpha: false });
    this.stamp = 0;
    this.boxes = []; // as drawn
  }

  show({ stamp, jpeg, boxes }) {
    this.#next = { stamp, jpeg, boxes };
    if (!this.#busy) this.#draw();
  }

  showMessage(text) {
    this.blank.textContent = text;
    this.blank.hidden = !text;
    this.canvas.style.opacity = text ? 0.25 : 1;
  }

  async #draw() {
    this.#busy = true;
    while (this.#next) {
      const { stamp, jpeg, boxes } = this.#next;
      this.#next = null;
      try {
        const image = await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }));
        this.#fit(image);
        this.#context.drawImage(image, 0, 0);
        this.boxes = boxes?.boxes ?? [];
        const [width, height] = boxes?.size ?? [image.width, image.height];
        drawBoxes(this.#context, this.boxes, image.width / width, image.height / height);
        image.close();
        this.stamp = stamp;
      } catch (error) {
        console.warn("a picture can't be decoded", error);
      }
    }
    this.#busy = false;
  }

  #fit({ width, height }) {
    if (this.canvas.width === width && this.canvas.height === height) return;
    this.canvas.width = width;
    this.canvas.height = height;
    this.stage.style.setProperty("--shape", `${width} / ${height}`);
  }
}
