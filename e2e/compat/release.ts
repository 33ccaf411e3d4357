/** The releases that today's code is tested with, and the programs of today's own build in the same shape. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ROOT } from "../support/stack.ts";
import { unpackFolder } from "./archive.ts";
import type { Facts } from "./facts.ts";

export interface Programs {
  readonly agent: string;
  readonly worker: string;
  readonly migrations: string;
}

const RELEASES = join(import.meta.dirname, "releases");

export const releases: readonly string[] = readdirSync(RELEASES).toSorted();

export const today: Programs = {
  agent: join(ROOT, "apps/agent/dist/agent.js"),
  worker: join(ROOT, "apps/control-plane/dist/worker.js"),
  migrations: join(ROOT, "apps/control-plane/dist/migrations/d1"),
};

export function unpackPrograms(release: string, folder: string): Programs {
  unpackFolder(join(RELEASES, release, "programs.tar.br"), folder);
  return { agent: join(folder, "agent.js"), worker: join(folder, "worker.js"), migrations: join(folder, "migrations") };
}

/** What the release itself said about its data, the moment before it was killed. */
export function factsOf(release: string): Facts & { readonly madeAt: number; readonly hook: string } {
  return JSON.parse(readFileSync(join(RELEASES, release, "facts.json"), "utf8")) as ReturnType<typeof factsOf>;
}

/** Deliveries are removed after seven days: they are made as young as on the day when the folder was made. */
export function unpackData(release: string, folder: string): void {
  unpackFolder(join(RELEASES, release, "data.tar.br"), folder);
  const database = new DatabaseSync(deploymentDatabase(folder));
  const age = Date.now() - factsOf(release).madeAt;
  database.prepare("UPDATE delivery SET at = at + ?").run(age);
  database.prepare("UPDATE timer SET at = at + ? WHERE kind = 'retention'").run(age);
  database.close();
}

/** The file in which the folder's only deployment is stored. */
export function deploymentDatabase(folder: string): string {
  const objects = join(folder, "state/do/headgate-Deployment");
  const file = existsSync(objects) ? readdirSync(objects).find((name) => /^[0-9a-f]{64}\.sqlite$/.test(name)) : undefined;
  if (file === undefined) throw new Error(`there is no deployment in ${folder}`);
  return join(objects, file);
}
