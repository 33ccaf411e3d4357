/** Changes limits and policies of the deployment. Runs that waited for a removed limit start in the same transaction. */
import type { InputOf } from "@headgate/shared/contract/table.ts";
import type { DeploymentSettings } from "@headgate/shared/contract/runs/settings.ts";
import { queuedRunNos } from "../runs/run-store.ts";
import { readSettings, saveSettings } from "./settings-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { planStartTimeout } from "./start-timeout.ts";

/** The most queued runs whose reason to wait is sent again; lists fetch the others because the settings changed. */
const MAX_TOLD = 100;

export function changeSettings(tx: Tx, changes: InputOf<"settings.update">): DeploymentSettings {
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  const settings: DeploymentSettings = { ...readSettings(tx.db), ...given };
  saveSettings(tx.db, settings);
  planStartTimeout(tx);
  tx.fact({ type: "work_available" });
  tx.fact({ type: "settings_changed" });
  for (const run of queuedRunNos(tx.db, MAX_TOLD)) tx.fact({ type: "run_changed", run });
  return settings;
}
