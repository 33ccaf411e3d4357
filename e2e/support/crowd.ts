/**
 * A viewer in a loop and an agent that floods, in a process of their own, so that a test that measures another caller does not share its
 * thread with them. It gets the address, the deployment, the tokens of a viewer and of an agent, a run and its step. It ends with its standard input.
 */
import { AGENT_SUBPROTOCOL } from "@headgate/shared/protocol/version.ts";
import { MAX_BATCH_CALLS } from "@headgate/shared/contract/http/limits.ts";
import { WebSocket } from "ws";
import { hello } from "./raw-agent.ts";

const [url = "", place = "", viewer = "", agent = "", run = "", step = ""] = process.argv.slice(2);
const REPORTS = 200;
const FLOOD_EVERY_MS = 20;

process.stdin.resume().once("end", () => process.exit(0));

async function loop(): Promise<void> {
  const headers = { authorization: `Bearer ${viewer}`, "content-type": "application/json" };
  const names = Array<string>(MAX_BATCH_CALLS).fill("home.get").join(",");
  for (;;) await (await fetch(`${url}/api/${place}/trpc/${names}?batch=1`, { method: "POST", headers, body: "{}" })).text();
}

function flood(): void {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/agent/v1/connect`, AGENT_SUBPROTOCOL, {
    headers: { authorization: `Bearer ${agent}` },
  });
  let no = 0;
  let frames: NodeJS.Timeout | undefined;
  socket.once("open", () => {
    socket.send(JSON.stringify(hello()));
    frames = setInterval(() => {
      const event = { type: "log", level: "info", message: "x" };
      const items = Array.from({ length: REPORTS }, () => ({ k: "event", s: ++no, run, step, epoch: 1000 + no, at: 0, event }));
      socket.send(JSON.stringify({ t: "batch", items }));
    }, FLOOD_EVERY_MS);
  });
  // The control plane may tell it to slow down. It comes back, because it is a flood.
  socket.once("close", () => {
    clearInterval(frames);
    setTimeout(flood, FLOOD_EVERY_MS);
  });
  socket.on("error", () => undefined);
}

flood();
await loop();
