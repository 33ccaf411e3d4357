/** Writes the volumes of a pod into folders: emptyDir, Secret, ConfigMap, downward API and projected ServiceAccount tokens. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The pod cannot start yet. `waiting` is the reason that its container shows. */
export class NotReady extends Error {
  constructor(message, waiting) {
    super(message);
    this.waiting = waiting;
  }
}

/** Reads a Secret or ConfigMap that a pod names; null if it is optional and missing. */
export async function readObject({ api, namespace }, { kind, name, optional }) {
  try {
    return await api.call("GET", `/api/v1/namespaces/${namespace}/${kind}/${name}`);
  } catch (error) {
    if (error.code !== 404) throw error;
    if (optional === true) return null;
    throw new NotReady(`${kind.slice(0, -1)} "${name}" not found`, "CreateContainerConfigError");
  }
}

/** The entries of a Secret or ConfigMap as buffers. */
export function entriesOf(object) {
  const encoding = object?.kind === "Secret" ? "base64" : "utf8";
  const plain = Object.entries(object?.data ?? {}).map(([key, value]) => [key, Buffer.from(value, encoding)]);
  const binary = Object.entries(object?.binaryData ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64")]);
  return Object.fromEntries([...plain, ...binary]);
}

/** @param {{ api: object, namespace: string, pod: object, folder: string, field: (path: string) => string }} context */
export async function writeVolumes(context) {
  for (const volume of context.pod.spec.volumes ?? []) {
    const folder = join(context.folder, volume.name);
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o777);
    const mode = volume.projected?.defaultMode ?? volume.secret?.defaultMode ?? volume.configMap?.defaultMode;
    for (const source of volume.projected?.sources ?? [volume]) await writeSource(context, { source, folder, mode });
  }
}

async function writeSource(context, { source, folder, mode }) {
  const { secret, configMap, downwardAPI, serviceAccountToken } = source;
  if (secret) {
    const name = secret.secretName ?? secret.name;
    const object = await readObject(context, { kind: "secrets", name, optional: secret.optional });
    put(folder, { files: entriesOf(object), items: secret.items, mode });
  }
  if (configMap) {
    const object = await readObject(context, { kind: "configmaps", name: configMap.name, optional: configMap.optional });
    put(folder, { files: entriesOf(object), items: configMap.items, mode });
  }
  for (const { path, fieldRef } of downwardAPI?.items ?? [])
    put(folder, { files: { value: Buffer.from(context.field(fieldRef?.fieldPath)) }, items: [{ key: "value", path }], mode });
  if (serviceAccountToken) {
    const token = Buffer.from(await requestToken(context, serviceAccountToken));
    put(folder, { files: { token }, items: [{ key: "token", path: serviceAccountToken.path }], mode });
  }
}

function put(folder, { files, items, mode }) {
  for (const item of items ?? Object.keys(files).map((key) => ({ key, path: key }))) {
    if (!(item.key in files)) throw new NotReady(`references non-existent key: ${item.key}`, "CreateContainerConfigError");
    const file = join(folder, item.path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, files[item.key]);
    chmodSync(file, (item.mode ?? mode ?? 0o644) | 0o444);
  }
}

async function requestToken({ api, namespace, pod }, { audience, expirationSeconds = 3600 }) {
  const { name, uid } = pod.metadata;
  const answer = await api.call("POST", `/api/v1/namespaces/${namespace}/serviceaccounts/${pod.spec.serviceAccountName}/token`, {
    body: {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: {
        audiences: audience === undefined ? [] : [audience],
        expirationSeconds,
        boundObjectRef: { kind: "Pod", apiVersion: "v1", name, uid },
      },
    },
  });
  return answer.status.token;
}
