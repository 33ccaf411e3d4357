/** The address of a webhook sensor and its secrets. */
import type { WebhookView } from "@headgate/shared/contract/automations/webhook-views.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { olderSecret } from "@headgate/shared/format/older-secret.ts";
import { call } from "../../client/api.ts";
import type { CommandContext } from "../../command-context.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";
import { connectTo, type LocationFlags } from "../schedules-sensors/find.ts";

export async function createSecret(name: string, flags: LocationFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api, ref } = await connectTo({ kind: "sensor", name }, flags, context);
  const made = await call(connection, api.webhooks.rotateSecret.mutate({ location: ref.location, sensor: name }));
  terminal.printJson(made);
  terminal.print(`address ${connection.url}${made.url ?? made.hook.path ?? ""}`);
  terminal.print(`secret  ${made.secret}`);
  const previous = made.hook.secrets.length > 1 ? " The previous secret stays valid until you create another one." : "";
  terminal.print(`The secret is shown only once. Store it where the sender can read it.${previous}`);
  return EXIT.ok;
}

/** Without an id it revokes the older of two secrets. It refuses to revoke a single one that way, because no delivery could follow. */
export async function revokeSecret(
  { name, secret }: { readonly name: string; readonly secret: string | undefined },
  flags: LocationFlags,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api, ref } = await connectTo({ kind: "sensor", name }, flags, context);
  const at = { location: ref.location, sensor: name };
  const revoked = secret ?? secretToRevoke(await call(connection, api.webhooks.get.query(at)));
  const hook = await call(connection, api.webhooks.revokeSecret.mutate({ ...at, secret: revoked }));
  terminal.printJson({ hook, revoked });
  const valid = hook.secrets.map(({ id }) => id);
  const rest = valid.length === 0 ? "every delivery is refused until you create a secret" : `still valid: ${valid.join(", ")}`;
  terminal.print(`${revoked} is revoked; ${rest}`);
  return EXIT.ok;
}

function secretToRevoke({ sensor, secrets }: WebhookView): string {
  const older = olderSecret(secrets);
  if (older !== null) return older;
  const [last] = secrets;
  throw new AppError(
    "invalid_input",
    last
      ? `The webhook of ${sensor} has one valid secret, ${last.id}, and every delivery would be refused without it. Create another one first with 'headgate sensor secret ${sensor}', or give the id to revoke it anyway.`
      : `The webhook of ${sensor} has no valid secret.`,
  );
}

export async function turnWebhook(
  { name, enabled }: { readonly name: string; readonly enabled: boolean },
  flags: LocationFlags,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api, ref } = await connectTo({ kind: "sensor", name }, flags, context);
  const hook = await call(connection, api.webhooks.setEnabled.mutate({ location: ref.location, sensor: name, enabled }));
  terminal.printJson({ hook });
  terminal.print(`webhook of ${name} is ${hook.enabled ? "on" : "off: its address answers 404"}`);
  return EXIT.ok;
}
