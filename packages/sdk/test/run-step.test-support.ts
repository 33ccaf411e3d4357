/** Runs one step of a code location with real folders, as a worker would. */
import { mkdtemp, mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { defineCodeLocation, type AssetSource, type Resource } from "@headgate/sdk";
import { createRuntime } from "@headgate/sdk/runtime";
import type { StepEvent, StepOutcome } from "@headgate/shared/domain/run/event.ts";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";

export interface TestFolders {
  readonly root: string;
  readonly storage: string;
  readonly scratch: string;
}

export async function makeFolders(): Promise<TestFolders> {
  const root = await mkdtemp(join(tmpdir(), "headgate-sdk-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const folders = { root, storage: join(root, "storage"), scratch: join(root, "scratch") };
  await mkdir(folders.storage);
  await mkdir(folders.scratch);
  return folders;
}

export interface StepRun {
  readonly outcome: StepOutcome;
  readonly events: readonly StepEvent[];
}

export interface StepOptions {
  readonly folders?: TestFolders;
  readonly resources?: readonly Resource[];
  readonly job?: Partial<JobFrame>;
  readonly signal?: AbortSignal;
  readonly env?: Record<string, string>;
}

export async function runStep(assets: readonly AssetSource[], unit: string, options: StepOptions = {}): Promise<StepRun> {
  const folders = options.folders ?? (await makeFolders());
  const runtime = createRuntime(defineCodeLocation({ name: "test", assets, resources: options.resources ?? [] }));
  const job: JobFrame = {
    t: "job",
    run: "r1",
    step: unit,
    epoch: 1,
    attempt: 1,
    location: "test",
    version: "v1",
    unit,
    assets: [],
    checks: [],
    partition: null,
    tags: {},
    timeoutSeconds: null,
    job: null,
    ...options.job,
  };
  const events: StepEvent[] = [];
  const signal = options.signal ?? new AbortController().signal;
  const outcome = await runtime.execute(job, { ...folders, emit: (event) => void events.push(event), signal, env: options.env ?? {} });
  return { outcome, events };
}

export function only<T extends StepEvent["type"]>(events: readonly StepEvent[], type: T): Extract<StepEvent, { type: T }>[] {
  return events.filter((event): event is Extract<StepEvent, { type: T }> => event.type === type);
}
