/** Sends a version: register, put what is missing, activate. Everything is addressed by content, so a repeated publish sends nothing. */
import { readFile } from "node:fs/promises";
import { batchesOf, packBlobs } from "@headgate/shared/api/blob-batch.ts";
import { deploymentPath } from "@headgate/shared/api/routes.ts";
import type { VersionView } from "@headgate/shared/api/views.ts";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import type { Connection } from "../client/connection.ts";
import { httpApi } from "../client/http.ts";
import type { BuiltLocation } from "./build-location.ts";
import type { PublishedFile } from "./project-files.ts";

const PARALLEL_UPLOADS = 6;

export interface Published {
  readonly version: VersionView;
  /** False: this very version was already active. */
  readonly changed: boolean;
  readonly uploaded: { readonly files: number; readonly bytes: number };
}

interface Registered {
  readonly version: string;
  readonly number: number;
  readonly missing: readonly string[];
  readonly active: boolean;
}

export async function publishVersion(
  connection: Connection,
  location: BuiltLocation,
  onProgress: (done: number, total: number) => void,
): Promise<Published> {
  const api = httpApi(connection);
  const at = (path: string): string => deploymentPath(connection.deployment, path);
  const name = encodeURIComponent(location.name);
  const registered = await api.json<Registered>("POST", at(`/locations/${name}/versions`), location.manifest);
  const missing = new Set(registered.missing);
  const bySha = new Map(location.files.filter((file) => missing.has(file.sha256)).map((file) => [file.sha256, file]));
  const batches = batchesOf([...bySha.values()]);
  const batched = new Set(batches.flat());
  const waiting = [...batches, ...[...bySha.values()].filter((file) => !batched.has(file)).map((file) => [file])];
  let done = 0;
  const worker = async (): Promise<void> => {
    for (let files = waiting.pop(); files !== undefined; files = waiting.pop()) {
      const blobs = await Promise.all(files.map(async (file) => ({ sha256: file.sha256, bytes: await bytesOf(file) })));
      const [only, ...others] = blobs;
      if (only !== undefined && others.length === 0) await api.send("PUT", at(`/blobs/${only.sha256}`), only.bytes);
      else await api.send("POST", at("/blobs"), packBlobs(blobs));
      done += files.length;
      onProgress(done, bySha.size);
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL_UPLOADS, waiting.length) }, worker));
  const version = await api.json<VersionView>(
    "POST",
    at(`/locations/${name}/versions/${encodeURIComponent(registered.version)}/activate`),
    {},
  );
  return {
    version,
    changed: !registered.active,
    uploaded: { files: bySha.size, bytes: [...bySha.values()].reduce((sum, file) => sum + file.size, 0) },
  };
}

/** Shows the location as unavailable in the dashboard; its last good version stays in force. */
export async function reportLoadErrors(connection: Connection, location: string, errors: readonly LoadError[]): Promise<void> {
  await httpApi(connection).json("POST", deploymentPath(connection.deployment, `/locations/${encodeURIComponent(location)}/errors`), {
    errors,
  });
}

async function bytesOf({ source }: PublishedFile): Promise<Uint8Array<ArrayBuffer>> {
  return "text" in source ? new TextEncoder().encode(source.text) : new Uint8Array(await readFile(source.file));
}
