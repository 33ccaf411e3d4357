/**
 * The folder of the embedded server: which process uses it, its secrets, and where its parts are.
 *
 * lock.json     the process that uses the folder; only one may, because two runtimes on one state would not notice each other
 * running.json  address of the running server, for the other commands
 * publishing    there while the server's process publishes a change of the project
 * version       layout of this folder
 * secrets.json  bootstrap secret and tokens, readable by the owner only
 * state/        Durable Object, D1 and R2 of the control plane     agent/  folder of the agent     logs/  output of both
 */
import { randomBytes } from "node:crypto";
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { acquireLock, isHeld, type FolderLock } from "./folder-lock.ts";

export const DATA_VERSION = 1;

export interface Secrets {
  readonly bootstrapSecret: string;
  readonly organization: string;
  readonly deployment: string;
  /** Absent until the first bootstrap. */
  readonly apiToken?: string | undefined;
  readonly agentToken?: string | undefined;
}

export interface Running {
  readonly url: string;
  readonly pid: number;
}

export interface DataFolder {
  readonly path: string;
  readonly stateDir: string;
  readonly agentDir: string;
  readonly logsDir: string;
  readonly lock: FolderLock;
  readonly secrets: Secrets;
  saveSecrets(secrets: Secrets): void;
  setRunning(url: string): void;
  /** Tells the other commands that a change is being published. */
  setPublishing(isPublishing: boolean): void;
  close(): void;
}

/** The storage folders of the agent, one for each code location. */
export function storageIn(folder: string): string {
  return join(resolve(folder), "agent", "storage");
}

/** Opens the folder for this process alone, and creates it if it does not exist. */
export function openDataFolder(folder: string): DataFolder {
  const path = resolve(folder);
  const at = (name: string): string => join(path, name);
  try {
    makeFolder(path);
    makePrivate(path);
    for (const name of ["state", "agent", "logs"]) makeFolder(at(name));
    accessSync(path, constants.W_OK);
  } catch (error) {
    throw notWritable(path, error);
  }
  const lock = acquireLock(path);
  try {
    checkVersion(at("version"));
    for (const name of ["running.json", "publishing"]) rmSync(at(name), { force: true });
    let secrets = existsSync(at("secrets.json")) ? readSecrets(path) : writeSecrets(path, newSecrets());
    return {
      path,
      stateDir: at("state"),
      agentDir: at("agent"),
      logsDir: at("logs"),
      lock,
      get secrets() {
        return secrets;
      },
      saveSecrets: (changed) => {
        secrets = writeSecrets(path, changed);
      },
      setRunning: (url) => writeWhole(at("running.json"), JSON.stringify({ url, pid: process.pid } satisfies Running)),
      setPublishing: (isPublishing) => {
        if (isPublishing) writeWhole(at("publishing"), "");
        else rmSync(at("publishing"), { force: true });
      },
      close: () => {
        rmSync(at("publishing"), { force: true });
        rmSync(at("running.json"), { force: true });
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw isPermission(error) ? notWritable(path, error) : error;
  }
}

/** Its databases hold webhook secrets, and a folder of an earlier release may be open to every user of the machine. */
function makePrivate(path: string): void {
  const { uid, mode } = statSync(path);
  if ((mode & 0o077) !== 0 && uid === process.getuid?.()) chmodSync(path, 0o700);
}

/** Creates one level at a time: a recursive `mkdir` never returns on file systems that refuse new folders with "no such file", e.g. /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if (!existsSync(path)) throw error;
  }
}

/** The nearest `.headgate` folder with the secrets of a server, in `from` or above it. */
export function findDataFolder(from: string): string | null {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const candidate = join(folder, ".headgate");
    if (existsSync(join(candidate, "secrets.json"))) return candidate;
    if (dirname(folder) === folder) return null;
  }
}

/** Null when no live process serves this folder. */
export function readRunning(folder: string): Running | null {
  if (!isHeld(resolve(folder))) return null;
  try {
    return JSON.parse(readFileSync(join(folder, "running.json"), "utf8")) as Running;
  } catch {
    return null;
  }
}

/** Whether the live process of this folder is publishing a change. */
export function isPublishing(folder: string): boolean {
  return isHeld(resolve(folder)) && existsSync(join(folder, "publishing"));
}

export function readSecrets(folder: string): Secrets {
  const file = join(folder, "secrets.json");
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Secrets;
  } catch (error) {
    throw new AppError("invalid_input", `${file} cannot be read. Give yourself read permission, or use another data folder with --data.`, {
      cause: error,
    });
  }
}

function newSecrets(): Secrets {
  return { bootstrapSecret: randomBytes(32).toString("base64url"), organization: "local", deployment: "dev" };
}

function writeSecrets(path: string, secrets: Secrets): Secrets {
  writeWhole(join(path, "secrets.json"), `${JSON.stringify(secrets, null, 2)}\n`);
  return secrets;
}

/** Readers see the old or the new text, never half of it. Only the owner may read it. */
function writeWhole(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, text, { mode: 0o600 });
  chmodSync(temporary, 0o600);
  renameSync(temporary, file);
}

function checkVersion(file: string): void {
  if (!existsSync(file)) {
    writeFileSync(file, `${DATA_VERSION}\n`);
    return;
  }
  const found = Number(readFileSync(file, "utf8").trim());
  if (found === DATA_VERSION) return;
  throw new AppError(
    "unsupported_version",
    `${dirname(file)} was written by another release (layout ${found}, this headgate knows ${DATA_VERSION}). Use that release, or another folder with --data.`,
  );
}

function isPermission(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["EACCES", "EPERM", "EROFS", "ENOSPC", "ENOENT"].includes(String(error.code));
}

function notWritable(path: string, error: unknown): AppError {
  if (error instanceof Error && "code" in error && (error.code === "ENOTDIR" || error.code === "EEXIST")) {
    return new AppError(
      "invalid_input",
      `The data folder ${path} cannot be created, because a part of its path is a file. Choose another one with --data.`,
      { cause: error },
    );
  }
  return new AppError(
    "invalid_input",
    `No permission to write to the data folder ${path}. Give yourself write permission, or choose another one with --data.`,
    { cause: error },
  );
}
