/** What `record.py` recorded of Dagster, and the same programs under Headgate in a form that can be compared with it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defineAsset } from "@headgate/sdk";
import { pipesResource } from "@headgate/sdk/pipes";
import type { Metadata } from "@headgate/shared/domain/metadata.ts";
import type { PipesContext } from "../../src/integrations/pipes/pipes-context.ts";
import { only, runStep } from "../run-step.test-support.ts";

export interface ProgramResult {
  readonly name: string;
  readonly success: boolean;
  readonly materializations: readonly { readonly asset: string; readonly metadata: Readonly<Record<string, unknown>> }[];
  readonly checks: readonly unknown[];
  readonly custom: readonly unknown[];
}
export interface Recording {
  readonly version: string;
  readonly programs: readonly ProgramResult[];
  readonly contexts: Readonly<Record<string, Omit<PipesContext, "run_id" | "job_name">>>;
}

export const DAGSTER_FOLDER = join(import.meta.dirname, "dagster");
export const python = join(import.meta.dirname, "../../../../.venv/bin/python");
export const pipes = pipesResource();

export function readRecording(file = join(DAGSTER_FOLDER, "recorded.json")): Recording {
  return JSON.parse(readFileSync(file, "utf8")) as Recording;
}

/** A failed run has no materialization in Dagster; here what was reported before the end stays. */
export function comparable({ name, success, materializations, checks, custom }: ProgramResult): ProgramResult {
  return {
    name,
    success,
    materializations: success ? materializations.map(({ asset, metadata }) => ({ asset, metadata })) : [],
    checks,
    custom,
  };
}

export async function underHeadgate(name: string): Promise<ProgramResult> {
  const custom: unknown[] = [];
  const asset = defineAsset({
    key: "ml/scores",
    requires: [pipes],
    checks: { not_empty: {} },
    run: ({ resources }) =>
      resources.pipes.run({
        command: [python, join(DAGSTER_FOLDER, "programs.py"), name],
        onCustomMessage: (payload) => void custom.push(payload),
      }),
  });
  const { outcome, events } = await runStep([asset], "ml/scores", {
    resources: [pipes],
    env: { PATH: process.env["PATH"] ?? "" },
    job: { assets: ["ml/scores"] },
  });
  return {
    name,
    success: outcome.outcome === "succeeded",
    materializations: only(events, "asset_materialized").map(({ asset: key, metadata }) => ({ asset: key, metadata: valuesOf(metadata) })),
    checks: only(events, "check_evaluated").map(({ check, passed, severity, metadata }) => ({
      check,
      passed,
      severity: severity.toUpperCase(),
      metadata: valuesOf(metadata),
    })),
    custom: custom.map(printable),
  };
}

function valuesOf(metadata: Metadata): Record<string, unknown> {
  return Object.fromEntries(Object.entries(metadata).map(([name, entry]) => [name, valueOf(entry)]));
}

function valueOf(entry: Metadata[string]): unknown {
  if (entry.type === "null") return null;
  return entry.type === "table" ? entry.value.records : entry.value;
}

/** The recording is JSON, which has neither NaN nor bigints. */
function printable(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, entry: unknown) =>
      typeof entry === "bigint" || (typeof entry === "number" && !Number.isFinite(entry)) ? String(entry) : entry,
    ),
  );
}
