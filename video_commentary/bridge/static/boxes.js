// Draws boxes with names into a picture.

const COLOURS = ["#56b4e9", "#e69f00", "#00c88c", "#f0e442", "#d55e00"]; // by track
const FONT = "system-ui, sans-serif";

// `across`, `down`: pixels of the picture for each unit of the boxes.
export function drawBoxes(context, boxes, across, down) {
  const line = Math.max(1.5, context.canvas.height / 320), size = Math.max(11, context.canvas.height / 44);
  context.font = `600 ${size}px ${FONT}`;
  context.textBaseline = "top";
  context.lineWidth = line;
  for (const { name, track, left, top, right, bottom } of boxes) {
    const colour = COLOURS[Math.abs(Number(track) || 0) % COLOURS.length];
    context.strokeStyle = context.fillStyle = colour;
    context.strokeRect(left * across, top * down, (right - left) * across, (bottom - top) * down);
    if (!name) continue;
    const width = context.measureText(name).width + 0.6 * size, height = 1.35 * size;
    const x = Math.max(0, Math.min(left * across - line / 2, context.canvas.width - width));
    const y = top * down >= height ? top * down - height : top * down;
    context.fillRect(x, y, width, height);
    context.fillStyle = "#14161c";
    context.fillText(name, x + 0.3 * size, y + 0.2 * size);
  }
}
