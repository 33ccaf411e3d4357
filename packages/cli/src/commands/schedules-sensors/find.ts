/** Finds the schedule or sensor that a person means by its name. */
import type { Command } from "commander";
import type { AutomationKind, AutomationRef } from "@headgate/shared/contract/automations/automation-views.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { call, type Api } from "../../client/api.ts";
import type { Connection } from "../../client/connection.ts";
import type { CommandContext } from "../../command-context.ts";
import { connect, withConnection, type ConnectFlags } from "../connect.ts";

/** A schedule or sensor as a person names it. */
export interface Named {
  readonly kind: AutomationKind;
  readonly name: string;
}

export type LocationFlags = ConnectFlags & { readonly location?: string | undefined };

/** How many names an error lists when none of them is the one that was given. */
const LISTED_NAMES = 20;

export function withLocation(command: Command): Command {
  return withConnection(command).option("--location <name>", "code location, if several define one with this name");
}

/** The connection, and the schedule or sensor with that name. */
export async function connectTo({ kind, name }: Named, flags: LocationFlags, context: CommandContext) {
  const connected = await connect(flags, context);
  return { ...connected, ref: await findByName(connected, { kind, name, location: flags.location }) };
}

/** The name alone is enough unless two code locations use it. */
async function findByName(
  { connection, api }: { readonly connection: Connection; readonly api: Api },
  target: Named & { readonly location: string | undefined },
): Promise<AutomationRef> {
  const { kind, name, location } = target;
  if (location !== undefined) return { kind, name, location };
  const { items } = await call(connection, api.automations.list.query({ kind, name, limit: 2 }));
  const [first, second] = items;
  if (first && second)
    throw new AppError(
      "invalid_input",
      `Several code locations have a ${kind} '${name}'. Choose one with --location, e.g. --location ${first.location}.`,
    );
  if (first) return { kind, name, location: first.location };
  const others = await call(connection, api.automations.list.query({ kind, limit: LISTED_NAMES }));
  const names = others.items.map((entry) => entry.name);
  throw new AppError("not_found", `There is no ${kind} '${name}'.${names.length > 0 ? ` There are ${names.join(", ")}.` : ""}`);
}
