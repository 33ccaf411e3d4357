/** Code location versions on disk: fetched, verified, laid out as a folder that workers import from, and removed later. */
import { createHash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { manifestSchema, type Manifest } from "@headgate/shared/manifest/schema.ts";
import { VERSION_FILE } from "@headgate/shared/protocol/constants.ts";
import type { BlobStore } from "./blob-store.ts";
import type { ControlPlaneHttp } from "./control-plane-http.ts";

const neededSchema = manifestSchema.pick({ schema: true, location: true, entry: true, files: true });
type NeededManifest = Pick<Manifest, "schema" | "location" | "entry" | "files">;

/** A code location version on disk, ready to import from. */
export interface PreparedVersion {
  readonly location: string;
  readonly version: string;
  readonly root: string;
  readonly entry: string;
}

export interface VersionStoreOptions {
  readonly dir: string;
  /** On the same disk; where versions are put together before they appear under `dir`. */
  readonly buildDir: string;
  readonly modules: string | null;
  readonly http: ControlPlaneHttp;
  readonly blobs: BlobStore;
  /** Versions of one location kept on disk beside those in use. */
  readonly keep: number;
  readonly now: () => number;
}

const PARALLEL_DOWNLOADS = 8;
const BLOB_GRACE_MS = 3_600_000;

/** The versions in one data folder, which several agent processes may use. */
export class VersionStore {
  readonly #options: VersionStoreOptions;
  readonly #prepared = new Map<string, Promise<PreparedVersion>>();

  constructor(options: VersionStoreOptions) {
    this.#options = options;
  }

  /** The folder of this version, ready to import from. */
  async prepare(location: string, version: string): Promise<PreparedVersion> {
    const key = `${location}@${version}`;
    const known = this.#prepared.get(key);
    if (known !== undefined) return await known;
    const preparing = this.#prepare(location, version);
    this.#prepared.set(key, preparing);
    try {
      return await preparing;
    } catch (error) {
      this.#prepared.delete(key);
      throw error;
    }
  }

  /** Removes the versions of a location that were not used for longest, except those for which `inUse` holds. Returns the removed ones. */
  async cleanUp(location: string, inUse: (version: string) => boolean): Promise<string[]> {
    const folder = join(this.#options.dir, location);
    const names = await readdir(folder).catch(() => []);
    const unused: { version: string; used: number }[] = [];
    for (const version of names) {
      if (inUse(version)) continue;
      unused.push({ version, used: (await stat(join(folder, version, VERSION_FILE)).catch(() => null))?.mtimeMs ?? 0 });
    }
    const old = unused.sort((a, b) => b.used - a.used).slice(this.#options.keep);
    for (const { version } of old) {
      this.#prepared.delete(`${location}@${version}`);
      await rm(join(folder, version), { recursive: true, force: true });
    }
    if (old.length > 0) await this.#options.blobs.prune(await this.#neededBlobs(), this.#options.now() - BLOB_GRACE_MS);
    return old.map(({ version }) => version);
  }

  async #neededBlobs(): Promise<Set<string>> {
    const needed = new Set<string>();
    for (const location of await readdir(this.#options.dir).catch(() => [])) {
      // There may be other files among the folders, and another agent with this data folder may remove a version meanwhile.
      for (const version of await readdir(join(this.#options.dir, location)).catch(() => [])) {
        const manifest = await readManifest(join(this.#options.dir, location, version));
        for (const file of manifest?.files ?? []) needed.add(file.sha256);
      }
    }
    return needed;
  }

  async #prepare(location: string, version: string): Promise<PreparedVersion> {
    requireSafeName(location, "location");
    requireSafeName(version, "version");
    const root = join(this.#options.dir, location, version);
    const manifest = (await this.#complete(root)) ?? (await this.#layOut(root, location, version));
    await this.#linkModules(root, manifest);
    const now = new Date();
    await utimes(join(root, VERSION_FILE), now, now);
    return { location, version, root, entry: join(root, manifest.entry) };
  }

  /** The manifest of a folder that was laid out earlier, if no file is missing or changed: code that runs here could have changed them. */
  async #complete(root: string): Promise<NeededManifest | null> {
    const manifest = await readManifest(root);
    if (manifest === null) return null;
    try {
      for (const file of manifest.files) if ((await hashOf(join(root, file.path))) !== file.sha256) return null;
      return manifest;
    } catch {
      return null;
    }
  }

  async #layOut(root: string, location: string, version: string): Promise<NeededManifest> {
    const { http, blobs } = this.#options;
    const manifest = await http.retrying(async () => {
      const response = await http.get(`/agent/v1/versions/${encodeURIComponent(location)}/${encodeURIComponent(version)}`);
      return parseManifest(await response.text(), location, version);
    });
    const building = join(this.#options.buildDir, `${location}@${version}`);
    await rm(building, { recursive: true, force: true });
    await mkdir(building, { recursive: true });
    try {
      await blobs.fetchTogether(manifest.files);
      const waiting = [...manifest.files];
      const copyNext = async (): Promise<void> => {
        for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
          const target = join(building, file.path);
          await mkdir(dirname(target), { recursive: true });
          // A copy, not a hard link: code that writes into its own files must not change the cache.
          await copyFile(await blobs.get(file), target, constants.COPYFILE_FICLONE);
          if (file.executable === true) await chmod(target, 0o755);
        }
      };
      await Promise.all(Array.from({ length: PARALLEL_DOWNLOADS }, copyNext));
      if (!manifest.files.some((file) => file.path === "package.json"))
        await writeFile(join(building, "package.json"), '{ "type": "module" }\n');
      await writeFile(join(building, VERSION_FILE), JSON.stringify(manifest));
      // Another agent with the same data folder may have been faster; its workers read from there.
      if ((await this.#complete(root)) !== null) return manifest;
      await mkdir(dirname(root), { recursive: true });
      await rm(root, { recursive: true, force: true });
      await rename(building, root);
    } finally {
      await rm(building, { recursive: true, force: true });
    }
    return manifest;
  }

  /** Packages that are not in the bundle are found in the configured modules folder. */
  async #linkModules(root: string, manifest: NeededManifest): Promise<void> {
    if (manifest.files.some((file) => file.path.startsWith("node_modules/"))) return;
    const link = join(root, "node_modules");
    await rm(link, { force: true });
    if (this.#options.modules !== null) await symlink(this.#options.modules, link, "junction");
  }
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

async function readManifest(root: string): Promise<NeededManifest | null> {
  try {
    return neededSchema.parse(JSON.parse(await readFile(join(root, VERSION_FILE), "utf8")));
  } catch {
    return null;
  }
}

function parseManifest(text: string, location: string, version: string): NeededManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AppError("invalid_input", `The manifest of ${location}@${version} is not JSON.`, { cause: error });
  }
  const parsed = neededSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new AppError(
      "invalid_input",
      `The manifest of ${location}@${version} is refused: ${issue === undefined ? "malformed" : `${issue.path.join(".")}: ${issue.message}`}`,
    );
  }
  const manifest = parsed.data;
  if (!manifest.files.some((file) => file.path === manifest.entry)) {
    throw new AppError(
      "invalid_input",
      `The manifest of ${location}@${version} names the entry '${manifest.entry}', which is not among its files.`,
    );
  }
  const paths = new Set<string>();
  for (const { path } of manifest.files) {
    // `./a` and `a` would be the same file; an empty or '.' segment has no place in a published path.
    if (
      path.split("/").some((part) => part === "" || part === "." || part === "..") ||
      path.includes("\0") ||
      /^[A-Za-z]:/.test(path) ||
      path === VERSION_FILE ||
      paths.has(path)
    ) {
      throw new AppError(
        "invalid_input",
        `The manifest of ${location}@${version} is refused: the file path '${path}' is not allowed or appears twice.`,
      );
    }
    paths.add(path);
  }
  return manifest;
}

function requireSafeName(name: string, what: string): void {
  if (/^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}$/.test(name)) return;
  throw new AppError("invalid_input", `The ${what} '${name}' cannot be a folder name.`);
}
