// The frame that a comment was said about, with what its words rest on.

import { drawBoxes } from "./boxes.js";

const NEAR = 0.35; // seconds between the picture and a box of the same moment

export class Shown {
  constructor(find) {
    this.dialog = find("shown");
    this.canvas = find("shown-picture");
    this.words = find("shown-words");
    find("shown-close").onclick = () => this.dialog.close();
    // A click beside the dialog is one on its backdrop.
    this.dialog.onclick = ({ target }) => { if (target === this.dialog) this.dialog.close(); };
  }

  async open(comment) {
    const response = await fetch(`/api/comments/${comment.id}/picture`).catch(() => null);
    if (!response) throw new Error("The bridge does not answer: is the robot on, and on this network?");
    if (!response.ok) throw new Error((await response.json().catch(() => ({}))).detail ?? `the bridge answered ${response.status}`);
    const stamp = Number(response.headers.get("X-Timestamp"));
    const image = await createImageBitmap(await response.blob());
    this.canvas.width = image.width;
    this.canvas.height = image.height;
    const context = this.canvas.getContext("2d", { alpha: false });
    context.drawImage(image, 0, 0);
    drawBoxes(context, boxesAt(comment, stamp), image.width, image.height);
    image.close();
    this.words.textContent = comment.text;
    if (!this.dialog.open) this.dialog.showModal();
  }
}

// The newest box of each thing that was seen about when the picture was taken.
function boxesAt({ camera, evidence = [] }, stamp) {
  const boxes = new Map();
  for (const { camera: seenBy, stamp: at, box, name, track } of evidence) {
    if (seenBy === camera && box && Math.abs(at - stamp) < NEAR) boxes.set(track ?? boxes.size + 0.5, { name, track, ...box });
  }
  return [...boxes.values()];
}
