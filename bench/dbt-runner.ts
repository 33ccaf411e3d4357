/** A dbt project as a code location, indexed and run in this process as an agent's worker would. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { defineCodeLocation } from "../packages/sdk/src/index.ts";
import { dbtAssets, dbtProject } from "../packages/sdk/src/integrations/dbt/index.ts";
import { createRuntime } from "../packages/sdk/src/runtime/index.ts";
import type { StepEvent } from "@headgate/shared/domain/run/event.ts";
import { stackEnv, ROOT } from "../e2e/support/stack.ts";

export interface DbtRunner {
  index(): Promise<{ readonly assets: readonly string[]; readonly checks: readonly string[] }>;
  /** Runs these assets, with their checks where `checks` names them; gives the events. */
  run(assets: readonly string[], checks: readonly string[]): Promise<readonly StepEvent[]>;
}

/** `root` has the project in its folder `dbt`. */
export function openDbt(options: { readonly root: string; readonly database: string; readonly warm: boolean }): DbtRunner {
  const { root } = options;
  const project = dbtProject({
    dir: "dbt",
    env: () => ({ DUCKDB_PATH: options.database }),
    executable: join(ROOT, ".venv/bin/dbt"),
    warm: options.warm,
  });
  const runtime = createRuntime(defineCodeLocation({ name: "bench", assets: [dbtAssets({ project, name: "bench" })] }));
  const env = stackEnv();
  let runs = 0;
  const folder = (name: string): string => {
    mkdirSync(join(root, name), { recursive: true });
    return join(root, name);
  };
  return {
    async index() {
      const { draft, errors } = await runtime.index({ root, scratch: folder("index"), env });
      const unit = draft?.units.find(({ kind }) => kind === "dbt");
      if (unit === undefined) throw new Error(JSON.stringify(errors));
      return unit;
    },
    async run(assets, checks) {
      const events: StepEvent[] = [];
      const run = `r${++runs}`;
      const outcome = await runtime.execute(
        {
          t: "job",
          run,
          step: "dbt:bench",
          epoch: 1,
          attempt: 1,
          location: "bench",
          version: "v1",
          unit: "dbt:bench",
          assets: [...assets],
          checks: [...checks],
          partition: null,
          tags: {},
          timeoutSeconds: null,
          job: null,
        },
        {
          root,
          storage: folder("storage"),
          scratch: folder(run),
          signal: new AbortController().signal,
          env,
          emit: (event) => void events.push(event),
        },
      );
      if (outcome.outcome !== "succeeded") throw new Error(`the run ${outcome.outcome}: ${JSON.stringify(outcome)}`);
      return events;
    },
  };
}
