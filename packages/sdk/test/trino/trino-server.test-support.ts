/** A real Trino for one test file, and a look at what runs on it. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface TrinoServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

interface StartOptions {
  readonly dataDir: string;
  readonly port?: number;
  readonly catalogs?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly config?: Readonly<Record<string, string>>;
  readonly withPasswords?: boolean;
  onProgress?(line: string): void;
}

const ENGINES = new URL("../../../../scripts/engines/", import.meta.url);

/** The scripts are plain JavaScript outside of any package. */
export async function engineScript<T>(name: string): Promise<T> {
  return (await import(new URL(name, ENGINES).href)) as T;
}

/** The folder stays the same between runs, so that a server of a killed run is found in it and ended. */
export async function dataFolder(name: string): Promise<string> {
  return (await engineScript<{ testFolder(name: string): string }>("engine-cache.mjs")).testFolder(name);
}

export async function freePort(): Promise<number> {
  return await (await engineScript<{ freePort(): Promise<number> }>("engine-process.mjs")).freePort();
}

export async function startTrinoServer(options: StartOptions & { readonly keepData?: boolean }): Promise<TrinoServer> {
  const { startTrino } = await engineScript<{ startTrino(options: StartOptions): Promise<TrinoServer> }>("trino-server.mjs");
  if (options.keepData !== true) rmSync(join(options.dataDir, "lake"), { recursive: true, force: true });
  return await startTrino({ onProgress: (line) => console.log(line), ...options });
}

export interface ServerQuery {
  readonly queryId: string;
  readonly state: string;
  readonly query: string;
  readonly errorCode?: { readonly name: string };
  readonly session: { readonly user: string; readonly source: string; readonly clientTags: readonly string[] };
}

/** What `GET /v1/query` lists. */
export async function queriesOf(server: { readonly url: string }): Promise<readonly ServerQuery[]> {
  const answer = await fetch(`${server.url}/v1/query`, { headers: { "X-Trino-User": "observer" } });
  return (await answer.json()) as ServerQuery[];
}

const OVER: ReadonlySet<string> = new Set(["FINISHED", "FAILED"]);

/** Queries with this text that are not over. */
export async function runningWith(server: { readonly url: string }, text: string): Promise<readonly ServerQuery[]> {
  return (await queriesOf(server)).filter(({ query, state }) => query.includes(text) && !OVER.has(state));
}

export const queryForever = fileURLToPath(new URL("query-forever.ts", import.meta.url));
