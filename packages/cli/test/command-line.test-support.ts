/** Runs the command line in this process and collects what it writes. */
import { Writable } from "node:stream";
import { main } from "../src/main.ts";

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function headgate(
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): Promise<CommandResult> {
  const stdout = collector();
  const stderr = collector();
  const { HEADGATE_URL: _url, HEADGATE_TOKEN: _token, HEADGATE_DEPLOYMENT: _deployment, FORCE_COLOR: _color, ...env } = process.env;
  const code = await main(args, {
    stdout: stdout.stream,
    stderr: stderr.stream,
    cwd: options.cwd,
    env: { ...env, NO_COLOR: "1", ...options.env },
    now: Date.now,
    random: Math.random,
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function collector() {
  const chunks: string[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk.toString());
      done();
    },
  });
  return { stream, text: () => chunks.join("") };
}
