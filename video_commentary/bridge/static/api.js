// Requests to the bridge; what goes wrong comes as an Error whose message says what to do.

export async function request(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Error("The bridge does not answer: is the robot on, and on this network?");
  }
  const content = response.status === 204 ? {} : await response.json().catch(() => ({}));
  if (response.ok) return content;
  const error = new Error(content.detail ?? `the bridge answered ${response.status}`);
  error.status = response.status;
  throw error;
}

export const get = (path) => request("GET", path);
export const post = (path, body) => request("POST", path, body);
