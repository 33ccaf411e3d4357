/** Sends a version: register, put what is missing, activate. Everything is addressed by content, so a repeated publish sends nothing. */
import { readFile } from "node:fs/promises";
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
  const waiting = [...bySha.values()];
  let done = 0;
  const worker = async (): Promise<void> => {
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      await api.put(at(`/blobs/${file.sha256}`), await bytesOf(file));
      onProgress(++done, bySha.size);
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL_UPLOADS, bySha.size) }, worker));
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
