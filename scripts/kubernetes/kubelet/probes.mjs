/** Startup, readiness and liveness probes over HTTP, TCP or a command in the container. */
import { spawn } from "node:child_process";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Probes a container until `signal` aborts.
 * @param {{ container: object, ip: string, running: object, isolate: string, signal: AbortSignal, state: { started: boolean, ready: boolean },
 *   onChange: () => void, onFailed: (kind: string, why: string, probe: object) => void }} options
 */
export function startProbes(options) {
  const { startupProbe, readinessProbe, livenessProbe } = options.container;
  for (const [kind, probe] of Object.entries({ startup: startupProbe, readiness: readinessProbe, liveness: livenessProbe }))
    if (probe) void runProbe(options, { kind, probe });
}

async function runProbe(options, { kind, probe }) {
  const { signal, state, container, onChange, onFailed } = options;
  let failures = 0;
  let successes = 0;
  await sleep((probe.initialDelaySeconds ?? 0) * 1000);
  for (; !signal.aborted; await sleep((probe.periodSeconds ?? 10) * 1000)) {
    if (kind !== "startup" && !state.started) continue;
    const why = await problemOf(options, probe);
    if (signal.aborted) return;
    failures = why === null ? 0 : failures + 1;
    successes = why === null ? successes + 1 : 0;
    if (failures === (probe.failureThreshold ?? 3)) {
      onFailed(kind, why, probe);
      if (kind !== "readiness") return;
      state.ready = false;
      onChange();
    }
    if (successes !== (probe.successThreshold ?? 1)) continue;
    if (kind === "readiness" && !state.ready) {
      state.ready = true;
      onChange();
    }
    if (kind === "startup") {
      state.started = true;
      state.ready = !container.readinessProbe;
      return onChange();
    }
  }
}

/** Null when the probe succeeds. */
function problemOf({ container, ip, running, isolate }, probe) {
  const timeout = (probe.timeoutSeconds ?? 1) * 1000;
  const portOf = (port) => (Number.isNaN(Number(port)) ? container.ports.find(({ name }) => name === port).containerPort : Number(port));
  if (probe.httpGet) {
    const { scheme, host = ip, port, path = "/" } = probe.httpGet;
    return httpProblem(scheme === "HTTPS" ? https : http, { host, port: portOf(port), path, timeout, rejectUnauthorized: false });
  }
  if (probe.tcpSocket) return tcpProblem({ host: ip, port: portOf(probe.tcpSocket.port), timeout });
  const { command } = probe.exec;
  const inside = ["nsenter", "-t", String(running.pids[0]), "-m", "-p", "chroot", running.root, ...command];
  return commandProblem(isolate === "overlay" ? inside : command, timeout);
}

function httpProblem(client, options) {
  return new Promise((resolve) => {
    const request = client.get(options, (response) => {
      response.resume();
      resolve(response.statusCode < 400 ? null : `HTTP probe failed with statuscode: ${response.statusCode}`);
    });
    request.on("error", (error) => resolve(error.message));
    request.on("timeout", () => request.destroy(new Error("timeout")));
  });
}

function tcpProblem(options) {
  return new Promise((resolve) => {
    const socket = net.connect(options, () => {
      socket.destroy();
      resolve(null);
    });
    socket.on("error", (error) => resolve(error.message));
    socket.on("timeout", () => socket.destroy(new Error("timeout")));
  });
}

function commandProblem([program, ...args], timeout) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { timeout, stdio: "ignore" });
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code) => resolve(code === 0 ? null : `exit ${code}`));
  });
}
