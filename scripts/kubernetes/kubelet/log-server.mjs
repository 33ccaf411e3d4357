/**
 * The HTTPS server of the kubelet: `pods/log` for the API server, and hooks for tests on the same port:
 * `POST /local/evict/NAMESPACE/POD`, `/local/kill/NAMESPACE/POD?signal=KILL`, `/local/heartbeat?on=0`.
 */
import { execFileSync } from "node:child_process";
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync, readSync } from "node:fs";
import https from "node:https";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { timestamp } from "./formats.mjs";

const POLL_MS = 30;

/** @param {{ stateFolder: string, name: string, find: (namespace: string, pod: string) => object | undefined, setHeartbeat: (on: boolean) => void }} node */
export function serveLogs(node, port) {
  const server = https.createServer(certificate(node), (request, response) => void answer(node, { request, response }));
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

function certificate({ stateFolder, name }) {
  const folder = join(stateFolder, "tls");
  mkdirSync(folder, { recursive: true });
  const [key, cert] = ["key.pem", "cert.pem"].map((file) => join(folder, file));
  if (!existsSync(key)) {
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"];
    const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"];
    execFileSync("openssl", ["req", "-x509", ...curve, ...subject, "-keyout", key, "-out", cert], { stdio: "ignore" });
  }
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

async function answer(node, { request, response }) {
  const { pathname, searchParams } = new URL(request.url, "https://kubelet");
  const [, kind, first, second, third] = pathname.split("/");
  const end = (status, text) => response.writeHead(status, { "content-type": "text/plain" }).end(`${text}\n`);
  if (kind === "local" && request.method === "POST")
    return end(...runHook(node, { hook: first, namespace: second, name: third, searchParams }));
  if (kind !== "containerLogs") return end(404, "not served by this test kubelet");
  const state = node.find(first, second)?.states.get(third);
  if (!state) return end(404, `container "${third}" in pod "${second}" not found`);
  const logPath = state.logs.at(searchParams.get("previous") === "true" ? -2 : -1);
  if (logPath === undefined)
    return end(400, `container "${third}" in pod "${second}" is waiting to start: ${state.state.waiting?.reason ?? "unknown"}`);
  await sendLog({ response, state, logPath, searchParams });
}

function runHook(node, { hook, namespace, name, searchParams }) {
  if (hook === "heartbeat") {
    node.setHeartbeat(searchParams.get("on") !== "0");
    return [200, "done"];
  }
  const run = node.find(namespace, name);
  if (!run) return [404, "no such pod"];
  if (hook === "kill") {
    for (const { running } of run.states.values()) running?.kill(`SIG${searchParams.get("signal") ?? "KILL"}`);
    return [200, "killed"];
  }
  if (hook !== "evict") return [404, "not a request for tests"];
  const message = searchParams.get("message") ?? "The node was low on resource: memory.";
  const condition = { type: "DisruptionTarget", status: "True", reason: "TerminationByKubelet", message, lastTransitionTime: timestamp() };
  void run.event("Warning", "Evicted", message);
  void run.stop({ grace: 0, phase: "Failed", reason: "Evicted", message, conditions: [condition] });
  return [200, "evicted"];
}

async function sendLog({ response, state, logPath, searchParams }) {
  const show = lineFormat(searchParams);
  const file = openSync(logPath, "r");
  let position = 0;
  let rest = "";
  const more = () => {
    const buffer = Buffer.alloc(fstatSync(file).size - position);
    readSync(file, buffer, 0, buffer.length, position);
    position += buffer.length;
    const lines = (rest + buffer.toString("utf8")).split("\n");
    rest = lines.pop();
    return lines;
  };
  try {
    const tail = searchParams.get("tailLines");
    const lines = more();
    const first = (tail === null ? lines : lines.slice(Math.max(0, lines.length - Number(tail)))).map(show).join("");
    const limit = searchParams.get("limitBytes");
    response.writeHead(200, { "content-type": "text/plain" });
    response.write(limit === null ? first : first.slice(0, Number(limit)));
    while (searchParams.get("follow") === "true" && !response.closed) {
      const isRunning = state.running?.logPath === logPath;
      response.write(more().map(show).join(""));
      if (!isRunning) break;
      await sleep(POLL_MS);
    }
  } finally {
    closeSync(file);
    response.end();
  }
}

function lineFormat(searchParams) {
  const seconds = searchParams.get("sinceSeconds");
  const since = searchParams.get("sinceTime")
    ? Date.parse(searchParams.get("sinceTime"))
    : seconds
      ? Date.now() - Number(seconds) * 1000
      : 0;
  const hasTimes = searchParams.get("timestamps") === "true";
  return (line) => {
    const [time, , , ...words] = line.split(" ");
    if (Date.parse(time) < since) return "";
    return `${hasTimes ? `${time} ` : ""}${words.join(" ")}\n`;
  };
}
