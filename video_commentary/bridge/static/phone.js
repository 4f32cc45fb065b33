// This device's camera, brought to the robot through a LiveKit room.

import { post } from "./api.js";

const SCRIPT = "/static/livekit-client.umd.js";
let room = null;

export async function start(ended) {
  if (!window.isSecureContext) {
    throw new Error("Browsers give their camera to https pages and to localhost only: open the bridge that way.");
  }
  const pass = await post("/api/livekit/token", { identity: `browser-${crypto.randomUUID().slice(0, 8)}` });
  await load();
  const { Room, RoomEvent } = window.LivekitClient;
  room = new Room({ dynacast: true });
  room.on(RoomEvent.Disconnected, () => { room = null; ended(); });
  try {
    await room.connect(pass.url, pass.token);
    await room.localParticipant.setCameraEnabled(true);
  } catch (error) {
    await stop();
    throw error;
  }
}

export async function stop() {
  const leaving = room;
  room = null;
  await leaving?.disconnect();
}

function load() {
  if (window.LivekitClient) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = SCRIPT;
    script.onload = resolve;
    script.onerror = () => {
      script.remove();
      reject(new Error("livekit-client is missing on the robot: run `fetch_model livekit-client` there (ros2 run video_commentary fetch_model livekit-client)."));
    };
    document.head.append(script);
  });
}
