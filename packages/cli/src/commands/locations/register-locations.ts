/** Names, options and texts of `headgate location`. */
import type { Command } from "commander";
import type { CommandRegistry } from "../../command-context.ts";
import { withConnection, type ConnectFlags } from "../connect.ts";
import { listLocations, listVersions, rollback } from "./locations.ts";

export function registerLocations(program: Command, { add, context, finish }: CommandRegistry): void {
  const location = program.command("location").description("code locations and their versions");
  withConnection(add(location, "list", "list code locations")).action((flags: ConnectFlags) => finish(listLocations(flags, context)));
  withConnection(add(location, "versions", "list the versions of a code location"))
    .argument("<location>", "name of the code location")
    .action((name: string, flags: ConnectFlags) => finish(listVersions(name, flags, context)));
  withConnection(add(location, "rollback", "activate an older version of a code location"))
    .argument("<location>", "name of the code location")
    .option("--to <version>", "number or id of the version (default: the one before the active version)")
    .action((name: string, flags: ConnectFlags & { to?: string }) => finish(rollback(name, flags, context)));
}
