/** Names, options and texts of `headgate on` and `headgate off`. */
import type { Command } from "commander";
import type { CommandRegistry } from "../../command-context.ts";
import { withConnection, type ConnectFlags } from "../connect.ts";
import { switchLocation } from "./switch-location.ts";

type SwitchFlags = ConnectFlags & { readonly location: string };

export function registerSwitches(program: Command, { add, context, finish }: CommandRegistry): void {
  withSwitch(
    add(program, "on", "switch on the schedules, sensors and conditions of a code location; they are off after its first publish"),
  ).action((flags: SwitchFlags) => finish(switchLocation({ location: flags.location, on: true }, flags, context)));
  withSwitch(add(program, "off", "switch off the schedules, sensors and conditions of a code location")).action((flags: SwitchFlags) =>
    finish(switchLocation({ location: flags.location, on: false }, flags, context)),
  );
}

function withSwitch(command: Command): Command {
  return withConnection(command).requiredOption("--location <name>", "the code location");
}
