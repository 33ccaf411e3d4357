/** Finds the API server and the credentials of the pod that this process runs in. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";

const ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

/** How the executor reaches the API server. */
export interface KubeAccess {
  /** For instance `https://10.96.0.1:443`. */
  readonly server: string;
  /** PEM. It is trusted for this server alone. */
  readonly ca: string;
  /** Reads the token anew: the kubelet replaces the file while the pod runs. */
  readonly token: () => string;
  /** The namespace of this pod. */
  readonly namespace: string;
}

/** `folder` holds `token`, `ca.crt` and `namespace` as Kubernetes mounts them. */
export function accessInPod(env: Readonly<Record<string, string | undefined>>, folder = ACCOUNT_FOLDER): Result<KubeAccess> {
  const host = env["KUBERNETES_SERVICE_HOST"];
  const port = env["KUBERNETES_SERVICE_PORT"] ?? "443";
  if (host === undefined || host === "")
    return refuse(
      "invalid_input",
      "The executor 'kubernetes' needs a pod to run in: KUBERNETES_SERVICE_HOST is not set. Install the chart, or choose the executor 'process'.",
    );
  try {
    const read = (name: string): string => readFileSync(join(folder, name), "utf8").trim();
    // An IPv6 address needs brackets in an address.
    const name = host.includes(":") ? `[${host}]` : host;
    return ok({ server: `https://${name}:${port}`, ca: read("ca.crt"), namespace: read("namespace"), token: () => read("token") });
  } catch (error) {
    return refuse(
      "invalid_input",
      `The executor 'kubernetes' finds no ServiceAccount token in ${folder}: ${error instanceof Error ? error.message : String(error)}. Set automountServiceAccountToken: true for the agent's pod.`,
    );
  }
}
