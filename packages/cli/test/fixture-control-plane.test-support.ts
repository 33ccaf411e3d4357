/** A control plane in a process of its own: the real tRPC router and HTTP routes over a deployment in memory, as the dashboard's tests use it. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { headgate, type CommandResult } from "./command-line.test-support.ts";
import { REPOSITORY } from "./project.test-support.ts";

export interface FixtureControlPlane {
  readonly url: string;
  /** Runs `headgate` against it, as a person with a token would. */
  run(...args: readonly string[]): Promise<CommandResult>;
  /** The documents that the command prints with --json. */
  json(...args: readonly string[]): Promise<readonly unknown[]>;
  stop(): void;
}

export async function startFixtureControlPlane(): Promise<FixtureControlPlane> {
  const server = join(REPOSITORY, "apps/web/test/fixture-server.ts");
  const child = spawn(process.execPath, ["--conditions=headgate-source", server, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const address = await new Promise<string>((ready, failed) => {
    createInterface({ input: child.stdout }).once("line", ready);
    child.once("exit", (code) => failed(new Error(`the fixture server ended with ${code}`)));
  });
  const { origin } = new URL(address);
  const run = (...args: readonly string[]) =>
    headgate(args, { cwd: "/", env: { HEADGATE_URL: origin, HEADGATE_TOKEN: "token", HEADGATE_DEPLOYMENT: "acme/prod" } });
  return {
    url: origin,
    run,
    json: async (...args) => {
      const { stdout } = await run(...args, "--json");
      return stdout
        .trim()
        .split("\n")
        .map((line): unknown => JSON.parse(line));
    },
    stop: () => void child.kill(),
  };
}
