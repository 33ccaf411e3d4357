/** Calls of the test kubelet to a real API server, with the client certificate of a kubeconfig in JSON. */
import { readFileSync } from "node:fs";
import https from "node:https";
import { setTimeout as sleep } from "node:timers/promises";

/** What the API server answered. */
export class ApiError extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

/** @param {string} kubeconfig path of a file with one cluster and one user, certificates inside */
export function kubeApi(kubeconfig) {
  const { clusters, users } = JSON.parse(readFileSync(kubeconfig, "utf8"));
  const [{ cluster }] = clusters;
  const [{ user }] = users;
  const server = new URL(cluster.server);
  const decoded = (data) => (data === undefined ? undefined : Buffer.from(data, "base64"));
  const agent = new https.Agent({
    ca: decoded(cluster["certificate-authority-data"]),
    cert: decoded(user["client-certificate-data"]),
    key: decoded(user["client-key-data"]),
    keepAlive: true,
  });

  function request(method, path, { body, headers = {} } = {}) {
    const text = body === undefined ? undefined : JSON.stringify(body);
    // Node sends no length for a DELETE with a body; the server would read the body as the next request.
    const type = text === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
    return new Promise((resolve, reject) => {
      const options = { host: server.hostname, port: server.port, path, method, agent };
      const sent = https.request({ ...options, headers: { accept: "application/json", ...type, ...headers } }, resolve);
      sent.on("error", reject);
      sent.end(text);
    });
  }

  async function call(method, path, { body, headers } = {}) {
    const response = await request(method, path, { body, headers });
    let text = "";
    for await (const part of response.setEncoding("utf8")) text += part;
    if (response.statusCode >= 300)
      throw new ApiError(`${method} ${path}: ${response.statusCode} ${text.slice(0, 300)}`, response.statusCode);
    return text === "" ? undefined : JSON.parse(text);
  }

  const mergePatch = (path, body) => call("PATCH", path, { body, headers: { "content-type": "application/merge-patch+json" } });

  async function watchOnce(path, version, onEvent) {
    let resourceVersion = version;
    for (;;) {
      const query = `watch=1&allowWatchBookmarks=true&timeoutSeconds=240&resourceVersion=${resourceVersion}`;
      const response = await request("GET", `${path}${path.includes("?") ? "&" : "?"}${query}`);
      if (response.statusCode !== 200) throw new ApiError(`watch of ${path}`, response.statusCode);
      let rest = "";
      for await (const part of response.setEncoding("utf8")) {
        const lines = (rest + part).split("\n");
        rest = lines.pop();
        for (const line of lines) {
          const { type, object } = JSON.parse(line);
          if (type === "ERROR") throw new ApiError(object.message, object.code);
          ({ resourceVersion } = object.metadata);
          if (type !== "BOOKMARK") onEvent(type, object);
        }
      }
    }
  }

  /** Lists, then watches for ever. `onList` gets each whole list, `onEvent` each change. */
  async function listWatch(path, { onList, onEvent, log }) {
    for (;;) {
      try {
        const list = await call("GET", path);
        onList(list.items);
        await watchOnce(path, list.metadata.resourceVersion, onEvent);
      } catch (error) {
        log(`the watch starts again: ${error.message}`);
        await sleep(500);
      }
    }
  }

  return { server, call, mergePatch, listWatch };
}
