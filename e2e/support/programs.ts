/** Programs of the repository that a test starts beside the stack: how they end and what they say. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { write } from "./bad-project.ts";
import { ROOT, stackEnv } from "./stack.ts";

export interface ProgramEnd {
  readonly code: number | null;
  readonly output: string;
}

export function agentProcess(url: string, token: string, data: string): Promise<ProgramEnd> {
  const args = [join(ROOT, "apps/agent/dist/agent.js"), "--url", url, "--data", data, "--exit-on-refusal", "--warm", "1"];
  return endOf(args, { ...stackEnv(), HEADGATE_AGENT_TOKEN: token });
}

/** A root of its own, so that the repository's environment stays as it is. */
export function pythonEnv(folder: string, python: string): Promise<ProgramEnd> {
  const root = join(folder, "python-root");
  write(root, "examples/lakehouse/requirements.lock", "");
  const script = `import { ensurePython } from ${JSON.stringify(join(ROOT, "scripts/python-env.mjs"))}; try { await ensurePython({ root: ${JSON.stringify(root)} }); } catch (error) { console.log(error.message); process.exit(2); }`;
  return endOf(["--input-type=module", "--eval", script], { ...process.env, HEADGATE_PYTHON: python });
}

function endOf(args: readonly string[], env: NodeJS.ProcessEnv): Promise<ProgramEnd> {
  return new Promise((done) => {
    const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
    child.once("close", (code) => {
      clearTimeout(timer);
      done({ code, output });
    });
  });
}
