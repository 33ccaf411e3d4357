/** Types of `cluster.mjs` for tests in TypeScript. */

/** A program that the test kubelet runs for an image. */
export interface ClusterImage {
  readonly entrypoint: readonly string[];
  readonly cmd?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly workdir?: string;
  /** `uid:gid`. */
  readonly user?: string;
  /** A folder that is the root of the container; an unpacked image, or `/`. */
  readonly rootfs?: string;
  /** How long its pull takes. */
  readonly pullMs?: number;
}

export interface ClusterNode {
  /** Ends a pod or the heartbeats of the node, e.g. `evict/NAMESPACE/POD`, `kill/NAMESPACE/POD?signal=KILL`, `heartbeat?on=0`. */
  hook(path: string): Promise<number>;
  stop(): Promise<void>;
}

export interface Cluster {
  /** Path of a kubeconfig for an administrator. */
  readonly kubeconfig: string;
  readonly server: string;
  /** Path of the certificate that signs the API server's. */
  readonly ca: string;
  readonly node: ClusterNode;
  kubectl(...args: readonly string[]): Promise<string>;
  addNode(name: string): Promise<ClusterNode>;
  setImages(images: Readonly<Record<string, ClusterImage>>): void;
  /** Kills it and starts it again on the same port. */
  restartApiServer(): Promise<void>;
  stop(): Promise<void>;
}

export function startCluster(options: {
  readonly name: string;
  readonly images: Readonly<Record<string, ClusterImage>>;
  readonly onProgress?: (text: string) => void;
  readonly isolate?: "overlay" | "none";
}): Promise<Cluster>;
