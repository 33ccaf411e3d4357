/** The smallest code location that can be published: one asset in one file. */
import { canonicalJson } from "@headgate/shared/domain/json.ts";
import type { z } from "zod";
import type { SwitchView } from "@headgate/shared/contract/automations/switches.ts";
import type { manifestSchema } from "@headgate/shared/manifest/schema.ts";
import { sha256Hex } from "../../src/directory/secrets.ts";
import { call, type Credentials } from "./client.ts";
import type { Place } from "./world.ts";

export type ManifestInput = z.input<typeof manifestSchema>;

export interface SmallLocation {
  readonly manifest: ManifestInput;
  readonly code: string;
  readonly sha256: string;
}

export async function smallLocation(changes: Partial<ManifestInput> = {}, code = "export const runtime = {};"): Promise<SmallLocation> {
  const sha256 = await sha256Hex(code);
  const manifest: ManifestInput = {
    schema: 1,
    location: "lake",
    sdk: { version: "0.1.0" },
    runtime: { node: "24" },
    entry: "index.mjs",
    files: [{ path: "index.mjs", sha256, size: code.length }],
    assets: [{ key: "raw/orders", unit: "raw/orders", group: "raw" }],
    units: [{ id: "raw/orders", kind: "asset", assets: ["raw/orders"] }],
    ...changes,
  };
  return { manifest, code, sha256 };
}

export const apiPath = (at: Place, path: string): string => `/api/${at.place.org}/${at.place.name}${path}`;

export function postVersion(at: Place, manifest: unknown, as: Credentials = at.tokens.editor): Promise<Response> {
  return call({ method: "POST", path: apiPath(at, "/locations/lake/versions"), as, json: manifest });
}

export function putBlob(
  at: Place,
  blob: { readonly sha256: string; readonly body: BodyInit },
  as: Credentials = at.tokens.editor,
): Promise<Response> {
  return call({ method: "PUT", path: apiPath(at, `/blobs/${blob.sha256}`), as, body: blob.body });
}

export function activate(at: Place, version: string, as: Credentials = at.tokens.editor): Promise<Response> {
  return call({ method: "POST", path: apiPath(at, `/locations/lake/versions/${version}/activate`), as });
}

export interface Registered {
  readonly version: string;
  readonly number: number;
  readonly active: boolean;
  readonly missing: readonly string[];
}

/** All three steps of publishing; the version is active afterwards. A code location that was never switched is switched on, as a user would do. */
export async function publish(at: Place, location: SmallLocation): Promise<Registered> {
  const registered = await (await postVersion(at, location.manifest)).json<Registered>();
  for (const sha256 of registered.missing) await putBlob(at, { sha256, body: location.code });
  const activated = await activate(at, registered.version);
  if (!activated.ok) throw new Error(`activation failed: ${await activated.text()} for ${canonicalJson(registered)}`);
  const { location: name } = location.manifest;
  const switches = await trpc<readonly SwitchView[]>(at, "switches.list");
  if (switches.some((view) => view.location === name && view.state === "new")) await trpc(at, "switches.set", { location: name, on: true });
  return registered;
}

/** Calls a procedure as an admin and returns its answer. */
export async function trpc<T>(at: Place, procedure: string, input: unknown = {}): Promise<T> {
  const response = await call({ method: "POST", path: apiPath(at, `/trpc/${procedure}`), as: at.tokens.admin, json: input });
  const { result, error } = await response.json<{ result?: { data: T }; error?: unknown }>();
  if (!result) throw new Error(`${procedure} answered ${response.status} ${JSON.stringify(error)}`);
  return result.data;
}
