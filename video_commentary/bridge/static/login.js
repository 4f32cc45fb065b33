// Asks for the token where one is needed; a link with #token=... brings it along.

import { get, post } from "./api.js";

export async function enter(find) {
  const brought = new URLSearchParams(location.hash.slice(1)).get("token");
  if (brought) {
    history.replaceState(null, "", location.pathname);
    await post("/api/login", { token: brought }).catch(() => {});
  }
  for (;;) {
    try {
      await get("/api/status");
      return;
    } catch (error) {
      if (error.status === 401) await ask(find);
      else await new Promise((resolve) => { setTimeout(resolve, 1500); });
    }
  }
}

function ask(find) {
  const dialog = find("login"), refused = find("refused");
  refused.textContent = "";
  find("token").value = "";
  dialog.oncancel = (event) => event.preventDefault();
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.querySelector("form").onsubmit = async (event) => {
      event.preventDefault();
      try {
        await post("/api/login", { token: find("token").value });
        dialog.close();
        resolve();
      } catch (error) {
        refused.textContent = error.message;
      }
    };
  });
}
