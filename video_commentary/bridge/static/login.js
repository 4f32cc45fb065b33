// Asks for the token if the bridge requires one; a link with #token=... contains it.

import { get, post } from "./api.js";

export async function login(find) {
  const linked = new URLSearchParams(location.hash.slice(1)).get("token");
  if (linked) {
    history.replaceState(null, "", location.pathname);
    await post("/api/login", { token: linked }).catch(() => {});
  }
  for (;;) {
    try {
      await get("/api/status");
      return;
    } catch (error) {
      if (error.status === 401) await askForToken(find);
      else await new Promise((resolve) => { setTimeout(resolve, 1500); });
    }
  }
}

function askForToken(find) {
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
