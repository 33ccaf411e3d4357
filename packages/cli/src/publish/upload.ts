/** Sends a version: register it, upload the missing files, activate it. Files are addressed by content, so a repeated publish sends none. */
import { readFile } from "node:fs/promises";
import { batchesOf, packBlobs } from "@headgate/shared/contract/http/blob-batch.ts";
import { deploymentPath } from "@headgate/shared/contract/http/routes.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { SwitchView } from "@headgate/shared/contract/automations/switches.ts";
import type { VersionView } from "@headgate/shared/contract/catalog/locations.ts";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import { manifestOnWire } from "@headgate/shared/manifest/wire.ts";
import type { Connection } from "../client/connection.ts";
import { call, openApi } from "../client/api.ts";
import { httpApi, type HttpApi } from "../client/http.ts";
import type { BuiltLocation } from "./build-location.ts";
import type { PublishedFile } from "./project-files.ts";

const PARALLEL_UPLOADS = 6;

export interface Published {
  readonly version: VersionView;
  /** False: the same version was already active. */
  readonly changed: boolean;
  readonly uploaded: { readonly files: number; readonly bytes: number };
  /** What of the code location is on and off; null: a control plane of an older release, where everything is on. */
  readonly switch: SwitchView | null;
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
  const registered = await api.json<Registered>("POST", at(`/locations/${name}/versions`), manifestOnWire(location.manifest));
  const missing = new Set(registered.missing);
  const bySha = new Map(location.files.filter((file) => missing.has(file.sha256)).map((file) => [file.sha256, file]));
  const batches = batchesOf([...bySha.values()]);
  const batched = new Set(batches.flat());
  const waiting = [...batches, ...[...bySha.values()].filter((file) => !batched.has(file)).map((file) => [file])];
  let done = 0;
  const sent = (files: readonly PublishedFile[]): void => onProgress((done += files.length), bySha.size);
  const sendOne = async (file: PublishedFile): Promise<void> => {
    await api.send("PUT", at(`/blobs/${file.sha256}`), await bytesOf(file));
    sent([file]);
  };
  const singly: PublishedFile[] = [];
  await inParallel(waiting, async (files) => {
    const [only, ...others] = files;
    if (only !== undefined && others.length === 0) return sendOne(only);
    if (singly.length === 0) {
      const blobs = await Promise.all(files.map(async (file) => ({ sha256: file.sha256, bytes: await bytesOf(file) })));
      if (await takesBatch(api, at("/blobs"), packBlobs(blobs))) return sent(files);
    }
    singly.push(...files);
  });
  await inParallel(singly, sendOne);
  const version = await api.json<VersionView>(
    "POST",
    at(`/locations/${name}/versions/${encodeURIComponent(registered.version)}/activate`),
    {},
  );
  return {
    version,
    changed: !registered.active,
    switch: await switchOf(connection, location.name),
    uploaded: { files: bySha.size, bytes: [...bySha.values()].reduce((sum, file) => sum + file.size, 0) },
  };
}

async function switchOf(connection: Connection, location: string): Promise<SwitchView | null> {
  try {
    const views = await call(connection, openApi(connection).switches.list.query());
    return views.find((view) => view.location === location) ?? null;
  } catch (error) {
    if (error instanceof AppError && error.code === "not_found") return null;
    throw error;
  }
}

/** False: the control plane is of an older release that takes files one by one. */
async function takesBatch(api: HttpApi, path: string, body: Uint8Array<ArrayBuffer>): Promise<boolean> {
  try {
    await api.send("POST", path, body);
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === "not_found") return false;
    throw error;
  }
}

async function inParallel<T>(items: readonly T[], send: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) await send(item);
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL_UPLOADS, waiting.length) }, worker));
}

/** Shows the location as unavailable in the dashboard. Its last good version stays active. */
export async function reportLoadErrors(connection: Connection, location: string, errors: readonly LoadError[]): Promise<void> {
  await httpApi(connection).json("POST", deploymentPath(connection.deployment, `/locations/${encodeURIComponent(location)}/errors`), {
    errors,
  });
}

async function bytesOf({ source }: PublishedFile): Promise<Uint8Array<ArrayBuffer>> {
  return "text" in source ? new TextEncoder().encode(source.text) : new Uint8Array(await readFile(source.file));
}
