/** The embedded Headgate as one resource: data folder, control plane and agent. What was opened is closed again in reverse order. */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { Connection } from "../client/connection.ts";
import { startAgent, type AgentProcess } from "../embedded/agent-process.ts";
import { ensureBootstrapped } from "../embedded/bootstrap.ts";
import { findBuiltArtifacts } from "../embedded/built-artifacts.ts";
import { openDataFolder } from "../embedded/data-folder.ts";
import { startServer } from "../embedded/server.ts";

export interface SessionOptions {
  readonly host: string;
  readonly port: number;
  readonly data: string;
  readonly slots: number | null;
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => number;
  readonly onNotice: (line: string) => void;
  /** The agent ended in a way that a restart cannot fix. */
  readonly onAgentLost?: ((line: string) => void) | undefined;
}

export interface Session {
  readonly url: string;
  readonly connection: Connection;
  readonly dataFolder: string;
  /** `modules`: the node_modules folder with the packages that bundles do not contain. */
  startAgent(modules: string | null): Promise<void>;
  /** Tells the other commands that a change is being published. */
  setPublishing(isPublishing: boolean): void;
  close(): Promise<void>;
  /** Kills the children at once. */
  kill(): void;
}

export async function openSession(options: SessionOptions): Promise<Session> {
  const artifacts = findBuiltArtifacts();
  const data = openDataFolder(options.data);
  const serverLog = join(data.logsDir, "control-plane.log");
  try {
    const server = await startServer({
      host: options.host,
      port: options.port,
      data,
      artifacts,
      onLog: (level, line) => appendFileSync(serverLog, `${new Date(options.now()).toISOString()} ${level} ${line}\n`),
      onRestart: () => options.onNotice("the runtime of the control plane crashed and was restarted; no acknowledged data is lost"),
    });
    try {
      const { connection, agentToken } = await ensureBootstrapped(server.url, data);
      data.setRunning(server.url);
      let agent: AgentProcess | null = null;
      return {
        url: server.url,
        connection,
        dataFolder: data.path,
        startAgent: async (modules) => {
          agent = await startAgent({
            main: artifacts.agent,
            url: server.url,
            token: agentToken,
            hidden: [connection.token, data.secrets.bootstrapSecret],
            dataDir: data.agentDir,
            logFile: join(data.logsDir, "agent.log"),
            slots: options.slots,
            modules,
            env: options.env,
            now: options.now,
            onNotice: (level, line) => options.onNotice(`agent ${level}: ${line}`),
            onLost: options.onAgentLost ?? options.onNotice,
          });
        },
        setPublishing: (isPublishing) => data.setPublishing(isPublishing),
        close: async () => {
          await agent?.stop();
          await server.close();
          data.close();
        },
        kill: () => agent?.kill(),
      };
    } catch (error) {
      await server.close();
      throw error;
    }
  } catch (error) {
    data.close();
    throw error;
  }
}
