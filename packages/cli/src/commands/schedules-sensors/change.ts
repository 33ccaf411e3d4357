/** Changes to a schedule or sensor: on and off, its cursor, its run keys. */
import { AppError } from "@headgate/shared/domain/errors.ts";
import { call } from "../../client/api.ts";
import type { CommandContext } from "../../command-context.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";
import { timeText } from "../../terminal/format.ts";
import { connectTo, type LocationFlags, type Named } from "./find.ts";
import { onText } from "./state-text.ts";

/** `enabled` null: as the definition says. */
export async function changeSwitch(
  target: Named & { readonly enabled: boolean | null },
  flags: LocationFlags,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api, ref } = await connectTo(target, flags, context);
  const automation = await call(connection, api.automations.setEnabled.mutate({ ...ref, enabled: target.enabled }));
  terminal.printJson({ automation });
  const next = automation.nextAt === null ? "" : `; next tick ${timeText(automation.nextAt)}`;
  terminal.print(`${ref.kind} ${ref.name} is ${onText(automation)}${next}`);
  return EXIT.ok;
}

export type CursorFlags = LocationFlags & { readonly clear?: boolean | undefined };

export async function setCursor(
  { name, cursor }: { readonly name: string; readonly cursor: string | undefined },
  flags: CursorFlags,
  context: CommandContext,
): Promise<ExitCode> {
  if ((flags.clear === true) === (cursor !== undefined))
    throw new AppError("invalid_input", "Give the new cursor, or --clear to remove it.");
  const { terminal } = context;
  const { connection, api, ref } = await connectTo({ kind: "sensor", name }, flags, context);
  const after = cursor ?? null;
  const { cursor: before } = await call(connection, api.automations.get.query(ref));
  const automation = await call(connection, api.automations.setCursor.mutate({ ...ref, cursor: after }));
  terminal.printJson({ automation, before, after });
  terminal.print(`cursor of ${name}: ${before ?? "none"} -> ${after ?? "none"}`);
  return EXIT.ok;
}

export async function releaseRunKey(
  { name, key }: { readonly name: string; readonly key: string },
  flags: LocationFlags,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api, ref } = await connectTo({ kind: "sensor", name }, flags, context);
  const automation = await call(connection, api.automations.releaseRunKey.mutate({ ...ref, key }));
  terminal.printJson({ automation, released: key });
  terminal.print(`run key ${key} of ${name} is released: the next request with it makes a run again`);
  return EXIT.ok;
}
