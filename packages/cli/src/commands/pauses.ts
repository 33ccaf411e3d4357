/** `headgate condition pause`, `resume` and `pauses`: what keeps automation conditions from requesting something. */
import type { PauseView } from "@headgate/shared/contract/automations/conditions.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { call } from "../client/api.ts";
import type { CommandContext } from "../command-context.ts";
import { EXIT, type ExitCode } from "../terminal/exit-code.ts";
import { formatTime } from "../terminal/format.ts";
import { connect, type ConnectFlags } from "./connect.ts";

export type ScopeFlags = ConnectFlags & {
  readonly all?: boolean | undefined;
  readonly location?: string | undefined;
  readonly asset?: string | undefined;
};

export type PauseFlags = ScopeFlags & {
  readonly reason?: string | undefined;
  readonly for?: number | undefined;
  readonly until?: number | undefined;
};

export async function pauseConditions(flags: PauseFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const scope = scopeOf(flags);
  if (flags.for !== undefined && flags.until !== undefined) throw new AppError("invalid_input", "Give --for or --until, not both.");
  const until = flags.for === undefined ? flags.until : context.now() + flags.for;
  const { connection, api } = await connect(flags, context);
  const pauses = await call(
    connection,
    api.conditions.pause.mutate({
      scope,
      ...(flags.reason !== undefined && { reason: flags.reason }),
      ...(until !== undefined && { until }),
    }),
  );
  terminal.printJson({ pauses });
  printPauses(
    pauses.filter((pause) => pause.scope === scope),
    context,
  );
  return EXIT.ok;
}

export async function resumeConditions(flags: ScopeFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const scope = scopeOf(flags);
  const { connection, api } = await connect(flags, context);
  const before = await call(connection, api.conditions.pauses.query());
  const pauses = await call(connection, api.conditions.unpause.mutate({ scope }));
  terminal.printJson({ pauses });
  terminal.print(`${scopeText(scope)}: ${before.some((pause) => pause.scope === scope) ? "resumed" : "was not paused"}`);
  if (pauses.length > 0) terminal.print("What is still paused:");
  printPauses(pauses, context);
  return EXIT.ok;
}

export async function listPauses(flags: ConnectFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const pauses = await call(connection, api.conditions.pauses.query());
  terminal.printJson({ pauses });
  if (pauses.length === 0) terminal.print("nothing is paused");
  printPauses(pauses, context);
  return EXIT.ok;
}

function printPauses(pauses: readonly PauseView[], { terminal }: CommandContext): void {
  for (const pause of pauses) terminal.print(`${scopeText(pause.scope)}: ${pauseText(pause)}`);
}

export function pauseText({ by, reason, until }: PauseView): string {
  return `paused by ${by}${until === null ? "" : ` until ${formatTime(until)}`}${reason === null ? "" : ` (${reason})`}`;
}

function scopeText(scope: string): string {
  return scope === "all" ? "all conditions" : scope.replace(":", " ");
}

function scopeOf({ all, location, asset }: ScopeFlags): string {
  const scopes = [
    ...(all === true ? ["all"] : []),
    ...(location === undefined ? [] : [`location:${location}`]),
    ...(asset === undefined ? [] : [`asset:${asset}`]),
  ];
  const [scope, second] = scopes;
  if (scope === undefined || second !== undefined)
    throw new AppError("invalid_input", "Say which conditions: one of --all, --location <name> and --asset <key>.");
  return scope;
}
