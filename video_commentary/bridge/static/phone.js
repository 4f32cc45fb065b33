// Sends this device's camera to the robot through a LiveKit room.

import { post } from "./api.js";

const SCRIPT = "/static/livekit-client.umd.js";
const SUBSCRIBE_TIMEOUT = 10_000; // ms
let room = null;

export const filming = () => room !== null;

// Resolves once the robot receives the camera; `onLost` is called if the connection is lost later.
export async function start(onLost) {
  if (!window.isSecureContext) {
    throw new Error("Browsers allow the camera only on https pages and on localhost: open the bridge that way.");
  }
  const access = await post("/api/livekit/token", { identity: `browser-${crypto.randomUUID().slice(0, 8)}` });
  await load();
  const { Room, RoomEvent, VideoPresets } = window.LivekitClient;
  const joined = room = new Room({ publishDefaults: { stopMicTrackOnMute: true } });
  try {
    await joined.connect(access.url, access.token, { autoSubscribe: false }).catch((error) => {
      throw new Error(`Can't reach the LiveKit server at ${access.url}: ${error.message}`);
    });
    // Only the robot may see this camera.
    joined.localParticipant.setTrackSubscriptionPermissions(false, [{ participantIdentity: access.robot, allowAll: true }]);
    const subscribed = new Promise((resolve) => joined.once(RoomEvent.LocalTrackSubscribed, resolve));
    // A phone's rear camera, or the only one there is.
    const camera = { facingMode: "environment", resolution: VideoPresets.h720.resolution };
    await joined.localParticipant.setCameraEnabled(true, camera).catch((error) => { throw explained(error); });
    await withTimeout(subscribed, "The robot watches another camera in the room, or has left it: try again later.");
    joined.on(RoomEvent.Disconnected, () => {
      if (room === joined) room = null;
      onLost();
    });
  } catch (error) {
    await stop();
    throw error;
  }
}

// Sends this device's microphone through the room too, or no longer. Returns its track, null if it is off.
export async function hear(on) {
  const sent = await room?.localParticipant.setMicrophoneEnabled(on, { echoCancellation: true, noiseSuppression: true });
  return on ? sent?.track?.mediaStreamTrack ?? null : null;
}

export async function stop() {
  const leaving = room;
  room = null;
  leaving?.removeAllListeners();
  await leaving?.disconnect();
}

function explained(error) {
  if (error.name === "NotAllowedError") return new Error("The browser blocks the camera: allow it for this page, then try again.");
  if (error.name === "NotFoundError") return new Error("This device has no camera.");
  return error;
}

function withTimeout(promise, message) {
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error(message)), SUBSCRIBE_TIMEOUT));
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
