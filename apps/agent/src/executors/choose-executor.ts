/** Opens the executor that the agent's configuration names. */
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { AgentConfig } from "../config.ts";
import type { Executor, ExecutorHost } from "./executor.ts";
import { accessInPod } from "./kubernetes/api/kube-access.ts";
import { KubernetesExecutor } from "./kubernetes/kubernetes-executor.ts";
import { podEnvOf, readPodSettings } from "./kubernetes/pod-settings.ts";
import { ProcessExecutor, type ProcessExecutorOptions } from "./process/process-executor.ts";

export interface ExecutorChoice extends ProcessExecutorOptions {
  readonly config: AgentConfig;
}

/** Throws when the executor cannot work here: no pod, no pod settings, or wrong ones. */
export function chooseExecutor({ config, env, workerMain }: ExecutorChoice, host: ExecutorHost): Executor {
  const processes = new ProcessExecutor({ config, env, workerMain }, host);
  if (config.executor.kind === "process") return processes;
  const settings = readPodSettings(config.executor.podSettings);
  if (!settings.ok) throw AppError.from(settings.error);
  const access = accessInPod(env);
  if (!access.ok) throw AppError.from(access.error);
  return new KubernetesExecutor(
    { access: access.value, settings: settings.value, url: config.url, podEnv: podEnvOf(env), random: Math.random, processes },
    host,
  );
}
