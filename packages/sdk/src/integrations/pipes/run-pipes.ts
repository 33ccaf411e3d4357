/** Runs one Pipes program: passes it its context, reads its messages while it runs, stops it with SIGINT first, and reports why it failed. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { millisecondsOf } from "../../options/duration.ts";
import type { ResourceContext } from "../../definitions/resource.ts";
import { materialization } from "../../values/result.ts";
import { StepError } from "../../runtime/steps/step-error.ts";
import { LineSplitter, MessageFile } from "./message-file.ts";
import { contextText, packParameter, pipesContext } from "./pipes-context.ts";
import { PipesReport } from "./pipes-report.ts";
import type { PipesOutput, PipesRunOptions } from "./pipes-client.ts";

const DEFAULT_GRACE_SECONDS = 20;
const MAX_STDERR_CHARACTERS = 20_000;
const MAX_SHOWN_BEGINNING = 10_000;
/** What the program wrote last arrives within it. */
const OUTPUT_GRACE_MS = 2_000;
let runs = 0;

export async function* runPipes(options: PipesRunOptions, context: ResourceContext): AsyncGenerator<PipesOutput, void> {
  const assets = options.assets ?? context.run?.assets ?? [];
  const report = new PipesReport({ assets, log: context.log, onCustomMessage: options.onCustomMessage });
  const program = start(options, { context, assets, report });
  try {
    for (;;) {
      const output = await report.next(program.ended);
      if (output === null) break;
      yield output;
    }
  } finally {
    // Runs also when the consumer stops early: the asset's function threw, or the step was canceled.
    program.stop();
    await program.ended;
  }
  const end = await program.ended;
  context.signal.throwIfAborted();
  report.refuseWrongLines();
  if (end.code !== 0) throw new StepError("user_code", deathMessage(options.command[0], end, report), { retryable: true });
  if (report.exception !== null)
    context.log.warn(
      `'${options.command[0]}' ended with exit code 0, so its work counts as done, but an exception left its Pipes block: ${report.exception}`,
    );
  for (const asset of report.unreported()) yield materialization({ asset });
  if (report.opened && !report.closed)
    context.log.warn(`'${options.command[0]}' ended without closing Pipes: it may not have reported all that it did.`);
  if (!report.opened && report.silent) {
    context.log.warn(`'${options.command[0]}' ended without a Pipes message: its assets are materialized without metadata.`);
  }
}

interface End {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
}

interface Program {
  readonly ended: Promise<End>;
  stop(): void;
}

function start(
  options: PipesRunOptions,
  use: { readonly context: ResourceContext; readonly assets: readonly string[]; readonly report: PipesReport },
): Program {
  const { context, assets, report } = use;
  const folder = join(context.folders.scratch, `pipes-${++runs}`);
  mkdirSync(folder, { recursive: true });
  const contextFile = join(folder, "context.json");
  writeFileSync(contextFile, contextText(pipesContext(context.run, { assets, extras: options.extras ?? {} })));
  const channel = options.messages ?? "file";
  const file =
    channel === "file"
      ? new MessageFile(
          join(folder, "messages.jsonl"),
          (line) => report.takeMessageLine(line),
          (beginning) => report.noteTooLong(beginning),
        )
      : null;
  const cwd = resolve(context.folders.root, options.cwd ?? ".");
  // A program that is started in a missing folder is reported as missing itself.
  if (!existsSync(cwd)) {
    const remedy = "If it is part of the project, publish it with include: [...] in headgate.config.ts.";
    throw new StepError("user_code", `'${options.command[0]}' could not be started: there is no folder ${cwd} to run it in. ${remedy}`);
  }
  const child = spawn(options.command[0], options.command.slice(1), {
    cwd,
    env: {
      ...context.env,
      ...options.env,
      DAGSTER_PIPES_CONTEXT: packParameter({ path: contextFile }),
      DAGSTER_PIPES_MESSAGES: packParameter(file ? { path: file.path } : { stdio: channel }),
      // For shell scripts, which cannot unpack the parameters.
      HEADGATE_PIPES_CONTEXT_FILE: contextFile,
      ...(file && { HEADGATE_PIPES_MESSAGES_FILE: file.path }),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return supervise(child, { options, context, report, file });
}

function supervise(
  child: ChildProcess,
  use: { options: PipesRunOptions; context: ResourceContext; report: PipesReport; file: MessageFile | null },
): Program {
  const { options, context, report, file } = use;
  let stderr = "";
  let kill: NodeJS.Timeout | undefined;
  const graceMs = millisecondsOf(options.interruptGrace ?? DEFAULT_GRACE_SECONDS, "interruptGrace");
  let letGo: NodeJS.Timeout | undefined;
  const stop = (): void => {
    if (kill !== undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGINT");
    kill = setTimeout(() => child.kill("SIGKILL"), graceMs);
  };
  context.signal.addEventListener("abort", stop, { once: true });
  const splitters = (["stdout", "stderr"] as const).map((name) => {
    const out = name === "stdout" ? process.stdout : process.stderr;
    const isChannel = options.messages === name;
    const lines = new LineSplitter(
      (line) => {
        if (!report.takeOutputLine(line)) out.write(`${line}\n`);
      },
      (beginning) => {
        out.write(`${beginning.slice(0, MAX_SHOWN_BEGINNING)}\n`);
        report.noteTooLong(beginning);
      },
    );
    child[name]?.on("data", (bytes: Buffer) => {
      if (name === "stderr") stderr = (stderr + bytes.toString("utf8")).slice(-MAX_STDERR_CHARACTERS);
      if (isChannel) lines.write(bytes);
      else out.write(bytes);
    });
    return lines;
  });
  const ended = new Promise<End>((resolveEnd, rejectEnd) => {
    let finished = false;
    const finish = (): void => {
      if (finished) return;
      finished = true;
      clearTimeout(kill);
      clearTimeout(letGo);
      context.signal.removeEventListener("abort", stop);
      for (const lines of splitters) lines.end();
      file?.close();
    };
    child.on("error", (error) => {
      finish();
      rejectEnd(new StepError("user_code", `'${options.command[0]}' could not be started: ${error.message}`));
    });
    // "close" waits until every process has closed the output, and one that the program left behind may never do so.
    child.on("exit", () => {
      letGo = setTimeout(() => {
        context.log.warn(
          `'${options.command[0]}' has ended, but a process that it started keeps its output open: what that writes is lost.`,
        );
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, OUTPUT_GRACE_MS);
    });
    child.on("close", (code, signal) => {
      finish();
      resolveEnd({ code, signal, stderr });
    });
  });
  return { ended, stop };
}

function deathMessage(program: string, end: End, report: PipesReport): string {
  const how = end.signal === null ? `exit code ${String(end.code)}` : `signal ${end.signal}`;
  const what = report.exception ?? lastLines(end.stderr);
  return `'${program}' ended with ${how}${what === "" ? "." : `: ${what}`}`;
}

function lastLines(text: string): string {
  return text.trimEnd().split("\n").slice(-20).join("\n").slice(-4000);
}
