/** `headgate sensor webhook`, `secret` and the like: the address of a webhook sensor, its secrets and what was delivered. */
import type { WebhookView } from "@headgate/shared/contract/automations/webhook-views.ts";
import { olderSecret } from "@headgate/shared/api/older-secret.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { call } from "../client/api.ts";
import type { CommandContext } from "../command-context.ts";
import { EXIT, type ExitCode } from "../terminal/exit-code.ts";
import { formatTime, plural } from "../terminal/format.ts";
import { formatTable, type Cell } from "../terminal/table.ts";
import { connectTo, type AutomationFlags } from "./automations.ts";
import { connect, type ConnectFlags } from "./connect.ts";

export async function newHookSecret(name: string, flags: AutomationFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api, ref } = await connectTo({ kind: "sensor", name }, flags, context);
  const made = await call(connection, api.webhooks.rotateSecret.mutate({ location: ref.location, sensor: name }));
  terminal.printJson(made);
  terminal.print(`address ${connection.url}${made.url ?? made.hook.path ?? ""}`);
  terminal.print(`secret  ${made.secret}`);
  terminal.print(secretNote(made.hook));
  return EXIT.ok;
}

function secretNote(hook: WebhookView): string {
  const older = hook.secrets.length > 1 ? " The one before stays valid until the next is made." : "";
  return `It is shown only now: store it where the sender can read it.${older}`;
}

/** Without an id the older of two: with one alone, that would shut the sender out. */
export async function revokeHookSecret(
  { name, secret }: { readonly name: string; readonly secret: string | undefined },
  flags: AutomationFlags,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api, ref } = await connectTo({ kind: "sensor", name }, flags, context);
  const at = { location: ref.location, sensor: name };
  const revoked = secret ?? secretToRevoke(await call(connection, api.webhooks.get.query(at)));
  const hook = await call(connection, api.webhooks.revokeSecret.mutate({ ...at, secret: revoked }));
  terminal.printJson({ hook, revoked });
  const left = hook.secrets.map(({ id }) => id);
  terminal.print(
    `${revoked} is revoked; ${left.length === 0 ? "every delivery is refused until a secret is made" : `valid: ${left.join(", ")}`}`,
  );
  return EXIT.ok;
}

function secretToRevoke({ sensor, secrets }: WebhookView): string {
  const older = olderSecret(secrets);
  if (older !== null) return older;
  const [last] = secrets;
  throw new AppError(
    "invalid_input",
    last
      ? `The webhook of ${sensor} has one valid secret, ${last.id}, and without it every delivery is refused. Make another with 'headgate sensor secret ${sensor}', or name it to revoke it.`
      : `The webhook of ${sensor} has no valid secret.`,
  );
}

export async function switchHook(
  { name, enabled }: { readonly name: string; readonly enabled: boolean },
  flags: AutomationFlags,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api, ref } = await connectTo({ kind: "sensor", name }, flags, context);
  const hook = await call(connection, api.webhooks.setEnabled.mutate({ location: ref.location, sensor: name, enabled }));
  terminal.printJson({ hook });
  terminal.print(`webhook of ${name} is ${hook.enabled ? "on" : "off: its address answers 404"}`);
  return EXIT.ok;
}

export async function listDeliveries(
  name: string,
  flags: AutomationFlags & { readonly limit: number },
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api, ref } = await connectTo({ kind: "sensor", name }, flags, context);
  const page = await call(connection, api.webhooks.deliveries.query({ location: ref.location, sensor: name, limit: flags.limit }));
  terminal.printJson(page);
  if (page.items.length === 0) terminal.print("nothing was delivered yet");
  const columns = [
    { title: "delivery" },
    { title: "at" },
    { title: "result" },
    { title: "bytes", align: "right" },
    { title: "remark" },
  ] as const;
  const rows = page.items.map((entry): readonly Cell[] => [
    { text: entry.id },
    { text: formatTime(entry.at) },
    { text: entry.state === "requested" ? plural(entry.runs.length, "run") : entry.state },
    { text: String(entry.bytes) },
    { text: [entry.message ?? "", entry.received > 1 ? `sent ${entry.received} times` : ""].filter((text) => text !== "").join("; ") },
  ]);
  if (rows.length > 0) for (const line of formatTable(columns, rows, terminal.colors.bold)) terminal.print(line);
  return EXIT.ok;
}

export async function showDelivery(id: string, flags: ConnectFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const delivery = await call(connection, api.webhooks.delivery.query({ id }));
  terminal.printJson({ delivery });
  const { state, message, runs } = delivery;
  const facts: readonly (readonly [string, string])[] = [
    ["delivery", delivery.id],
    ["at", `${formatTime(delivery.at)}${delivery.received > 1 ? `, sent ${delivery.received} times` : ""}`],
    ["sender's id", delivery.senderId ?? ""],
    ["result", message === null ? state : `${state}: ${message}`],
    ["tick", delivery.tick ?? ""],
    ["runs", runs.join(" ")],
    ...Object.entries(delivery.headers),
  ];
  for (const [title, value] of facts) if (value !== "") terminal.print(`${terminal.colors.bold(title.padEnd(12))} ${value}`);
  terminal.print(`\n${delivery.body}`);
  return EXIT.ok;
}

export async function replayDelivery(id: string, flags: AutomationFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const delivery = await call(connection, api.webhooks.replay.mutate({ id }));
  terminal.printJson({ delivery });
  terminal.print(`delivery ${delivery.id}: ${delivery.state}`);
  return EXIT.ok;
}
