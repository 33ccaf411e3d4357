/** Things that die at random instants: which, when, and who starts them again. */
import { spawn, type ChildProcess } from "node:child_process";
import { CLI, ROOT, stackEnv, stopProcess, type Stack } from "./stack.ts";

export type Victim = "workerd" | "agent" | "worker" | "socket";

export function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export interface KeptAgent {
  readonly pid: () => number | undefined;
  stop(): Promise<void>;
}

/** An agent that is started again when it was killed, as a supervisor of the system would. */
export function keepAgent(options: { readonly url: string; readonly token: string; readonly data: string }): KeptAgent {
  let child: ChildProcess;
  let stopped = false;
  const start = () => {
    child = spawn(process.execPath, [CLI, "agent", "--url", options.url, "--data", options.data, "--slots", "2"], {
      cwd: ROOT,
      env: { ...stackEnv(), HEADGATE_AGENT_TOKEN: options.token },
      stdio: "ignore",
    });
    child.once("exit", () => {
      if (!stopped) setTimeout(start, 300);
    });
  };
  start();
  return {
    pid: () => child.pid,
    stop: async () => {
      stopped = true;
      await stopProcess(child);
    },
  };
}

export interface Targets {
  readonly stack: Stack;
  readonly proxy: { cut(): number };
  readonly second: KeptAgent;
  readonly random: () => number;
}

/** Kills each of the planned victims after a random while; says how many of each there were. */
export async function killAtRandom(targets: Targets, planned: readonly Victim[]): Promise<Record<Victim, number>> {
  const killed: Record<Victim, number> = { workerd: 0, agent: 0, worker: 0, socket: 0 };
  for (const victim of planned) {
    await new Promise((wake) => setTimeout(wake, 400 + targets.random() * 1600));
    try {
      if (kill(targets, victim)) killed[victim]++;
    } catch {
      // It ended by itself between the look and the shot.
    }
  }
  return killed;
}

function kill({ stack, proxy, second, random }: Targets, victim: Victim): boolean {
  if (victim === "socket") return proxy.cut() > 0;
  const { workerd, agent, workers } = stack.children();
  const own = second.pid();
  const pids = { workerd, worker: workers, agent: own === undefined ? agent : [...agent, own] }[victim];
  const pid = pids[Math.floor(random() * pids.length)];
  if (pid === undefined || pid <= 0) return false;
  process.kill(pid, "SIGKILL");
  return true;
}
