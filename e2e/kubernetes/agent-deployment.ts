/** The objects of an agent with the executor `kubernetes`, as a person would write them without the chart. */

/** The image of the agent in these tests: the built program, run by the test kubelet on this machine's own files. */
export const AGENT_IMAGE = "headgate/agent:test";

const RESTRICTED = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
const POD_SECURITY = { runAsNonRoot: true, runAsUser: 65_532, runAsGroup: 65_532, seccompProfile: { type: "RuntimeDefault" } };

export interface AgentDeployment {
  readonly namespace: string;
  readonly url: string;
  readonly token: string;
  readonly queue: string;
  readonly replicas: number;
  readonly runs?: Readonly<Record<string, unknown>>;
}

export function agentObjects({ namespace, url, token, queue, replicas, runs = {} }: AgentDeployment): Readonly<Record<string, unknown>> {
  const settings = {
    release: "lake",
    image: AGENT_IMAGE,
    maxConcurrent: 20,
    terminationGracePeriodSeconds: 10,
    resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "1Gi" } },
    podSecurityContext: POD_SECURITY,
    securityContext: { ...RESTRICTED, readOnlyRootFilesystem: true },
    ...runs,
  };
  const metadata = { name: "agent", namespace };
  const labels = { app: "agent" };
  const role = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "agent" };
  const rules = [
    { apiGroups: ["batch"], resources: ["jobs"], verbs: ["create", "get", "list", "watch", "delete"] },
    { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] },
    { apiGroups: [""], resources: ["events"], verbs: ["list"] },
    { apiGroups: [""], resources: ["secrets"], verbs: ["create"] },
  ];
  const env = {
    HEADGATE_URL: url,
    HEADGATE_AGENT_TOKEN_FILE: "/var/run/headgate-agent/token",
    HEADGATE_AGENT_DATA: "/tmp/headgate",
    HEADGATE_AGENT_QUEUE: queue,
    HEADGATE_EXECUTOR: "kubernetes",
    HEADGATE_POD_SETTINGS: "/etc/headgate/pods.json",
    HEADGATE_WARM_WORKERS: "0",
    HEADGATE_AGENT_GRACE: "5",
  };
  const container = {
    name: "agent",
    image: AGENT_IMAGE,
    securityContext: { ...RESTRICTED, readOnlyRootFilesystem: true },
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
    volumeMounts: [
      { name: "token", mountPath: "/var/run/headgate-agent", readOnly: true },
      { name: "pods", mountPath: "/etc/headgate", readOnly: true },
      { name: "tmp", mountPath: "/tmp" },
    ],
  };
  const spec = {
    serviceAccountName: "agent",
    terminationGracePeriodSeconds: 10,
    securityContext: POD_SECURITY,
    containers: [container],
    volumes: [
      { name: "token", secret: { secretName: "agent" } },
      { name: "pods", configMap: { name: "agent" } },
      { name: "tmp", emptyDir: {} },
    ],
  };
  return {
    apiVersion: "v1",
    kind: "List",
    items: [
      { apiVersion: "v1", kind: "ServiceAccount", metadata },
      { apiVersion: "v1", kind: "Secret", metadata, data: { token: Buffer.from(token).toString("base64") } },
      { apiVersion: "v1", kind: "ConfigMap", metadata, data: { "pods.json": JSON.stringify(settings) } },
      { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata, rules },
      {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "RoleBinding",
        metadata,
        roleRef: role,
        subjects: [{ kind: "ServiceAccount", name: "agent", namespace }],
      },
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata,
        spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
      },
    ],
  };
}
