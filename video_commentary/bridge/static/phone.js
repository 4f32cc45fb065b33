// This device's camera, brought to the robot through a LiveKit room.

import { post } from "./api.js";

const SCRIPT = "/static/livekit-client.umd.js";
const TAKEN_WITHIN = 10_000; // ms
let room = null;

export const filming = () => room !== null;

// Resolves once the robot takes the camera; `ended` is called if it is lost after that.
export async function start(ended) {
  if (!window.isSecureContext) {
    throw new Error("Browsers give their camera to https pages and to localhost only: open the bridge that way.");
  }
  const pass = await post("/api/livekit/token", { identity: `browser-${crypto.randomUUID().slice(0, 8)}` });
  await load();
  const { Room, RoomEvent, VideoPresets } = window.LivekitClient;
  const joined = room = new Room();
  try {
    await joined.connect(pass.url, pass.token, { autoSubscribe: false }).catch((error) => {
      throw new Error(`No way to the LiveKit server at ${pass.url}: ${error.message}`);
    });
    // Nobody else in the room sees this camera.
    joined.localParticipant.setTrackSubscriptionPermissions(false, [{ participantIdentity: pass.robot, allowAll: true }]);
    const taken = new Promise((resolve) => joined.once(RoomEvent.LocalTrackSubscribed, resolve));
    // A phone's rear camera; where there is one only, that one.
    const camera = { facingMode: "environment", resolution: VideoPresets.h720.resolution };
    await joined.localParticipant.setCameraEnabled(true, camera).catch((error) => { throw refused(error); });
    await within(taken, "The robot watches another camera in the room, or is away from it; try again later.");
    joined.on(RoomEvent.Disconnected, () => {
      if (room === joined) room = null;
      ended();
    });
  } catch (error) {
    await stop();
    throw error;
  }
}

export async function stop() {
  const leaving = room;
  room = null;
  leaving?.removeAllListeners();
  await leaving?.disconnect();
}

function refused(error) {
  if (error.name === "NotAllowedError") return new Error("The browser refuses the camera: allow it for this page, then try again.");
  if (error.name === "NotFoundError") return new Error("This device has no camera.");
  return error;
}

function within(promise, trouble) {
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error(trouble)), TAKEN_WITHIN));
  return Promise.race([promise, late]);
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
