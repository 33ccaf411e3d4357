/** Builds the Job of one step attempt, and the Secret with its token. Both are pure: the same attempt always gives the same objects. */
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import type { Job, ObjectMeta, OwnerReference } from "./api/objects.ts";
import { jobName, LABELS, STEP_ANNOTATION } from "./job-name.ts";
import type { PodSettings } from "./pod-settings.ts";

/** The container of a step. */
export const CONTAINER = "step";
const TOKEN_FOLDER = "/var/run/headgate";
const TOKEN_FILE = "token";
const DATA_FOLDER = "/tmp/headgate";

/** What each pod needs to know of the agent that starts it. */
export interface PodSurroundings {
  /** Address of the control plane. */
  readonly url: string;
  readonly settings: PodSettings;
  readonly namespace: string;
  /** Variables of the agent that pods need as well: proxies, own certificates, log level. */
  readonly env: Readonly<Record<string, string>>;
}

export function jobOf(frame: JobFrame, { url, settings, namespace, env }: PodSurroundings): Job {
  const name = jobName(frame);
  const labels = {
    ...settings.podLabels,
    [LABELS.release]: settings.release,
    [LABELS.run]: frame.run,
    [LABELS.epoch]: String(frame.epoch),
  };
  const annotations = { [STEP_ANNOTATION]: frame.step };
  return {
    metadata: { name, namespace, labels, annotations },
    spec: {
      // The control plane tries again, under another epoch: two who do would run a step twice.
      backoffLimit: 0,
      completions: 1,
      parallelism: 1,
      ttlSecondsAfterFinished: settings.ttlSecondsAfterFinished,
      ...(settings.activeDeadlineSeconds > 0 && { activeDeadlineSeconds: settings.activeDeadlineSeconds }),
      template: {
        metadata: { labels, annotations: { ...settings.podAnnotations, ...annotations } },
        spec: {
          restartPolicy: "Never",
          serviceAccountName: settings.serviceAccountName,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: settings.terminationGracePeriodSeconds,
          securityContext: settings.podSecurityContext,
          nodeSelector: settings.nodeSelector,
          tolerations: settings.tolerations,
          imagePullSecrets: settings.imagePullSecrets.map((secret) => ({ name: secret })),
          containers: [
            {
              name: CONTAINER,
              image: settings.image,
              imagePullPolicy: settings.imagePullPolicy,
              terminationMessagePolicy: "FallbackToLogsOnError",
              resources: settings.resources,
              securityContext: settings.securityContext,
              env: mergedEnv(ownEnv({ url, settings, env }), settings.env),
              envFrom: settings.envFrom,
              volumeMounts: [
                { name: "token", mountPath: TOKEN_FOLDER, readOnly: true },
                { name: "tmp", mountPath: "/tmp" },
                ...settings.volumeMounts,
              ],
            },
          ],
          volumes: [
            { name: "token", secret: { secretName: name, items: [{ key: TOKEN_FILE, path: TOKEN_FILE }] } },
            { name: "tmp", emptyDir: {} },
            ...settings.volumes,
          ],
        },
      },
    },
  };
}

interface EnvEntry {
  readonly name: string;
  readonly value?: string | undefined;
  readonly valueFrom?: unknown;
}

function ownEnv({ url, settings, env }: Omit<PodSurroundings, "namespace">): readonly EnvEntry[] {
  const own = {
    HEADGATE_URL: url,
    HEADGATE_AGENT_TOKEN_FILE: `${TOKEN_FOLDER}/${TOKEN_FILE}`,
    HEADGATE_AGENT_DATA: DATA_FOLDER,
    HEADGATE_AGENT_ONCE: "1",
    HEADGATE_AGENT_EXIT_ON_REFUSAL: "1",
    // Shorter than the grace time of the pod, so that the last reports are sent.
    HEADGATE_AGENT_GRACE: String(Math.max(0, settings.terminationGracePeriodSeconds - 5)),
    HEADGATE_AGENT_SLOTS: "1",
    HEADGATE_WARM_WORKERS: "0",
    HEADGATE_WORKER_ENV: "*",
    ...env,
  };
  return Object.entries(own).map(([name, value]) => ({ name, value }));
}

/** A name that stands twice is refused by server-side apply, so the user's entry takes the place of ours. */
function mergedEnv(own: readonly EnvEntry[], given: readonly EnvEntry[]): readonly EnvEntry[] {
  const names = new Set(given.map(({ name }) => name));
  return [...own.filter(({ name }) => !names.has(name)), ...given];
}

/** The Secret belongs to the Job, so Kubernetes removes it with the Job. */
export function tokenSecretOf(job: ObjectMeta, token: string): Readonly<Record<string, unknown>> {
  const owner: OwnerReference = { apiVersion: "batch/v1", kind: "Job", name: job.name, uid: job.uid ?? "" };
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: job.name, namespace: job.namespace, labels: job.labels, ownerReferences: [owner] },
    data: { [TOKEN_FILE]: Buffer.from(token).toString("base64") },
  };
}
