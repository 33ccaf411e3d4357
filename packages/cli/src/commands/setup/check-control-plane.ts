/** What `headgate doctor` checks on the control plane: address, version, clock, token, agents and code locations. */
import { createServer } from "node:net";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { plural } from "@headgate/shared/format/number.ts";
import { call, openApi } from "../../client/api.ts";
import { resolveConnection, type Connection } from "../../client/connection.ts";
import type { CommandContext } from "../../command-context.ts";
import { durationText } from "../../terminal/format.ts";
import type { ConnectFlags } from "../connect.ts";
import type { Finding } from "./finding.ts";

const MAX_SKEW_MS = 5000;

export async function checkControlPlane(
  flags: ConnectFlags & { readonly port: number },
  context: CommandContext,
): Promise<readonly Finding[]> {
  let connection: Connection;
  try {
    connection = await resolveConnection(flags, { env: context.env, cwd: context.cwd });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (flags.url !== undefined || context.env["HEADGATE_URL"]) return [{ check: "control plane", status: "fail", message: error.message }];
    return [
      { check: "control plane", status: "warn", message: "no embedded server is running here", remedy: "Start one with `headgate dev`." },
      await checkPort(flags.port),
    ];
  }
  const reached = await checkReachable(connection, context.now);
  return reached.some((finding) => finding.status === "fail") ? reached : [...reached, ...(await checkToken(connection))];
}

function checkPort(port: number): Promise<Finding> {
  return new Promise((tell) => {
    const probe = createServer();
    probe.once("error", () =>
      tell({ check: "port", status: "warn", message: `${port} is in use`, remedy: "Stop the other program, or start with --port." }),
    );
    probe.listen({ host: "127.0.0.1", port, exclusive: true }, () =>
      probe.close(() => tell({ check: "port", status: "ok", message: `${port} is free` })),
    );
  });
}

async function checkReachable({ url }: Connection, now: () => number): Promise<readonly Finding[]> {
  const before = now();
  let response: Response;
  try {
    response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(10_000) });
  } catch {
    return [
      {
        check: "control plane",
        status: "fail",
        message: `${url} cannot be reached`,
        remedy: "Check that the address is right, that it is running, and that no proxy or firewall blocks it.",
      },
    ];
  }
  const took = now() - before;
  if (!response.ok)
    return [
      {
        check: "control plane",
        status: "fail",
        message: `${url} answers with status ${response.status}`,
        remedy: "Is this a Headgate control plane?",
      },
    ];
  const body = (await response.json().catch(() => ({}))) as { readonly version?: string };
  const reached: Finding = {
    check: "control plane",
    status: "ok",
    message: `${url} version ${body.version ?? "unknown"}, answered in ${durationText(took)}`,
  };
  return [reached, ...clockFinding(response.headers.get("date"), before + took / 2)];
}

/** The header has a resolution of one second. Only a difference that matters for schedules and tokens is reported. */
function clockFinding(date: string | null, at: number): readonly Finding[] {
  if (date === null || Number.isNaN(Date.parse(date))) return [];
  const skew = Math.abs(Date.parse(date) + 500 - at);
  if (skew <= MAX_SKEW_MS) return [{ check: "clock", status: "ok", message: "agrees with the clock of the control plane" }];
  return [
    {
      check: "clock",
      status: "warn",
      message: `differs from the clock of the control plane by ${durationText(skew)}`,
      remedy: "Synchronize the clock of this machine (NTP).",
    },
  ];
}

async function checkToken(connection: Connection): Promise<readonly Finding[]> {
  const api = openApi(connection);
  const name = `${connection.deployment.org}/${connection.deployment.name}`;
  try {
    const [agents, locations] = await Promise.all([
      call(connection, api.agents.list.query()),
      call(connection, api.locations.list.query()),
    ]);
    const connected = agents.filter((agent) => agent.status === "connected");
    const broken = locations.filter((location) => location.status !== "loaded");
    return [
      { check: "token", status: "ok", message: `valid for ${name}` },
      connected.length === 0
        ? {
            check: "agent",
            status: "fail",
            message: "no agent is connected, so runs will wait",
            remedy: "Start one with `headgate agent --url ... --token ...`.",
          }
        : {
            check: "agent",
            status: "ok",
            message: `${plural(connected.length, "agent")} connected: ${connected.map((agent) => `${agent.hostname} (${plural(agent.slots, "slot")})`).join(", ")}`,
          },
      broken.length === 0
        ? { check: "code locations", status: "ok", message: plural(locations.length, "code location") }
        : {
            check: "code locations",
            status: "fail",
            message: `unavailable: ${broken.map((location) => location.name).join(", ")}`,
            remedy: "`headgate location list` shows why.",
          },
    ];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [
      {
        check: "token",
        status: "fail",
        message: error.message,
        remedy: "Create a token on the Agents page of the dashboard and set HEADGATE_TOKEN.",
      },
    ];
  }
}
