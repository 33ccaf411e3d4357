/** Lists facts of a run that are a name and a text. The run header of the dashboard and `headgate runs` show those whose text is not empty. */
import type { RunSummary } from "../contract/runs/run-views.ts";

export interface RunFact {
  readonly name: string;
  readonly text: (run: RunSummary) => string;
}

export const RUN_FACTS: readonly RunFact[] = [{ name: "priority", text: ({ priority }) => (priority === 0 ? "" : String(priority)) }];
