/**
 * The folder that belongs to one agent process: its list of attempts, its spool and what its executor keeps there. The next agent process
 * takes over the folders of processes that are gone, reads what it needs and removes them.
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { errorText } from "./agent-log.ts";

/** An open instance folder. */
export interface InstanceFolder {
  readonly path: string;
  /** Folders of agent processes that are gone. They are inside this one, so that no other agent takes them too. */
  readonly earlier: readonly string[];
  removeEarlier(): void;
  remove(): void;
}

export interface InstanceFolderOptions {
  readonly dataDir: string;
  readonly name: string;
  /** A folder that must stay as it is although its process is gone. */
  readonly mustStay: (folder: string) => boolean;
}

const OWNER = "owner.pid";
const EARLIER = "earlier";

/** Makes the folder of this process and takes over those of processes that are gone. */
export function openInstanceFolder(options: InstanceFolderOptions): InstanceFolder {
  const { dataDir } = options;
  try {
    return open(options);
  } catch (error) {
    const message = `The agent's data folder ${dataDir} cannot be used: ${errorText(error)}. Choose another with --data.`;
    throw new AppError("invalid_input", message, { cause: error });
  }
}

function open({ dataDir, name, mustStay }: InstanceFolderOptions): InstanceFolder {
  makePrivate(dataDir);
  const all = join(dataDir, "instances");
  const path = join(all, name);
  const earlier = join(path, EARLIER);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, OWNER), String(process.pid));
  for (const other of readdirSync(all)) {
    const folder = join(all, other);
    if (other !== name && !isInUse(folder) && !mustStay(folder)) claim(folder, earlier);
  }
  return {
    path,
    earlier: namesIn(earlier).map((other) => join(earlier, other)),
    removeEarlier: () => rmSync(earlier, { recursive: true, force: true }),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Code, output and databases are here. A folder of the platform that belongs to another user stays as it is. */
function makePrivate(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(folder);
  if ((mode & 0o077) !== 0 && uid === process.getuid?.()) chmodSync(folder, 0o700);
}

/** Moves the folder, and what its process had claimed and not yet removed. Only one of two agents that start together succeeds. */
function claim(folder: string, into: string): void {
  mkdirSync(into, { recursive: true });
  const name = namesIn(into).length;
  const target = join(into, String(name));
  try {
    renameSync(folder, target);
  } catch {
    return;
  }
  for (const nested of namesIn(join(target, EARLIER))) claim(join(target, EARLIER, nested), into);
}

function isInUse(folder: string): boolean {
  const owner = Number(readText(join(folder, OWNER)) ?? "0");
  // In a container every agent has the same process id, so a folder with our own id belongs to an earlier process.
  return owner > 0 && owner !== process.pid && isAlive(owner);
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
