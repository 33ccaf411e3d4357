/**
 * What the agent's configuration says about the pods of steps: the image, the limits, and which fields a code location may set for its own
 * steps. A field that is not listed is refused by name, because who may create Jobs in a namespace may use everything in it.
 */
import { readFileSync } from "node:fs";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { z } from "zod";

const quantities = z.record(z.string(), z.union([z.string(), z.number()]).transform(String));
const resourcesSchema = z.strictObject({ requests: quantities.optional(), limits: quantities.optional() });
const envSchema = z.array(
  z.strictObject({
    name: z.string().min(1),
    value: z.string().optional(),
    valueFrom: z
      .strictObject({ secretKeyRef: z.strictObject({ name: z.string(), key: z.string(), optional: z.boolean().optional() }) })
      .optional(),
  }),
);
const tolerationSchema = z.strictObject({
  key: z.string().optional(),
  operator: z.enum(["Exists", "Equal"]).optional(),
  value: z.string().optional(),
  effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]).optional(),
  tolerationSeconds: z.int().optional(),
});

/** What a pod of a step may be given beside its image. */
const podFields = {
  resources: resourcesSchema,
  env: envSchema,
  nodeSelector: z.record(z.string(), z.string()),
  tolerations: z.array(tolerationSchema),
  podLabels: z.record(z.string(), z.string()),
  podAnnotations: z.record(z.string(), z.string()),
} as const;

const seconds = (fallback: number) => z.int().min(0).default(fallback);

/** `runs` in the values of the chart. */
export const podSettingsSchema = z.strictObject({
  /** Finds the Jobs of this release. */
  release: z.string().min(1),
  /** Empty: the namespace of the agent. */
  namespace: z.string().default(""),
  image: z.string().min(1),
  imagePullPolicy: z.enum(["Always", "IfNotPresent", "Never"]).default("IfNotPresent"),
  imagePullSecrets: z.array(z.string()).default([]),
  serviceAccountName: z.string().default("default"),
  maxConcurrent: z.int().min(1).max(1000).default(20),
  ttlSecondsAfterFinished: z.int().min(60).default(3600),
  activeDeadlineSeconds: seconds(86_400),
  /** How long a pod may wait for a node. */
  pendingTimeoutSeconds: seconds(900),
  /** How long a failing image pull is given. */
  imagePullGraceSeconds: seconds(60),
  /** How long a Job may be without any pod. */
  podCreateTimeoutSeconds: seconds(60),
  terminationGracePeriodSeconds: seconds(30),
  resources: podFields.resources.default({ requests: { cpu: "250m", memory: "512Mi" }, limits: { memory: "2Gi" } }),
  env: podFields.env.default([]),
  envFrom: z.array(z.unknown()).default([]),
  /** Kubernetes checks what is in them. */
  volumes: z.array(z.looseObject({ name: z.string() })).default([]),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })).default([]),
  nodeSelector: podFields.nodeSelector.default({}),
  tolerations: podFields.tolerations.default([]),
  podLabels: podFields.podLabels.default({}),
  podAnnotations: podFields.podAnnotations.default({}),
  podSecurityContext: z.record(z.string(), z.unknown()).default({}),
  securityContext: z.record(z.string(), z.unknown()).default({}),
});
export type PodSettings = z.infer<typeof podSettingsSchema>;

/** Variables of the agent that its pods need too, to reach the same control plane in the same way. */
const SHARED = [
  "HTTPS_PROXY",
  "HTTP_PROXY",
  "NO_PROXY",
  "NODE_USE_ENV_PROXY",
  "HEADGATE_INSECURE",
  "HEADGATE_LOG_LEVEL",
  "HEADGATE_WORKER_MEMORY",
];

export function podEnvOf(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(SHARED.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

/** Reads the file that the chart writes. */
export function readPodSettings(path: string): Result<PodSettings> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    return refuse("invalid_input", `The pod settings in ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = podSettingsSchema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const problems = parsed.error.issues.map((issue) => `runs.${issue.path.join(".")}: ${issue.message}`);
  return refuse("invalid_input", `The pod settings in ${path} are wrong:\n${problems.join("\n")}`);
}
