/** `headgate doctor`: everything that headgate needs, one line each: ok, warn or fail, and what to do. */
import { resolve } from "node:path";
import type { CommandContext } from "../../command-context.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";
import type { ConnectFlags } from "../connect.ts";
import { checkControlPlane } from "./check-control-plane.ts";
import { checkBuild, checkNode, checkProject, checkPython } from "./check-machine.ts";
import type { Finding } from "./finding.ts";

export interface DoctorFlags extends ConnectFlags {
  readonly project: string;
  readonly port: number;
}

export async function doctor(flags: DoctorFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const findings: Finding[] = [];
  const project = resolve(context.cwd, flags.project);
  const checks: readonly (() => Promise<readonly Finding[]>)[] = [
    async () => [checkNode()],
    async () => [checkBuild()],
    () => checkProject(project),
    () => checkPython(project, context.env),
    () => checkControlPlane(flags, context),
  ];
  for (const check of checks) {
    for (const finding of await check()) {
      findings.push(finding);
      show(finding, context);
    }
  }
  terminal.printJson({ findings });
  return findings.some((finding) => finding.status === "fail") ? EXIT.failed : EXIT.ok;
}

function show({ check, status, message, remedy }: Finding, { terminal: { colors, print } }: CommandContext): void {
  const paint = { ok: colors.green, warn: colors.yellow, fail: colors.red }[status];
  print(`${paint(status.padEnd(4))}  ${check.padEnd(14)} ${message}`);
  if (remedy !== undefined) print(`${" ".repeat(21)}-> ${remedy}`);
}
