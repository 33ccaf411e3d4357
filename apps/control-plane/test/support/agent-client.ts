/** An agent that speaks to the Worker over a WebSocket of its own. */
import type { RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import type { DownFrame, JobFrame } from "@headgate/shared/protocol/down.ts";
import { AGENT_SUBPROTOCOL } from "@headgate/shared/protocol/version.ts";
import { helloOf } from "../../src/testing/hello.ts";
import type { Credentials } from "./client.ts";
import { publish, smallLocation, trpc } from "./publishing.ts";
import { connect, type TestSocket } from "./socket.ts";
import type { Place } from "./world.ts";

type Welcome = Extract<DownFrame, { t: "welcome" }>;

export async function connectAgent(
  as: Credentials,
  { slots = 4, headers = {} }: { readonly slots?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<{ readonly socket: TestSocket; readonly welcome: Welcome }> {
  const socket = await connect({ path: "/agent/v1/connect", as, headers: { "sec-websocket-protocol": AGENT_SUBPROTOCOL, ...headers } });
  socket.send(helloOf(crypto.randomUUID(), { slots }));
  return { socket, welcome: await socket.next<Welcome>("welcome") };
}

/** A run whose only step is leased to a connected agent. */
export async function leasedRun(at: Place): Promise<{ readonly socket: TestSocket; readonly job: JobFrame; readonly run: RunSummary }> {
  await publish(at, await smallLocation());
  const { socket, welcome } = await connectAgent(at.agent);
  const [active] = welcome.locations;
  if (!active) throw new Error("the welcome names no code location");
  socket.send({ t: "batch", items: [{ k: "location", s: 1, ...active, state: "ready" }] });
  const run = await trpc<RunSummary>(at, "runs.launch", { target: { selection: "raw/orders" } });
  return { socket, job: await socket.next<JobFrame>("job"), run };
}
