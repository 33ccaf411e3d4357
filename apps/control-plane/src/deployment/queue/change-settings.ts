/** Changes limits and policies of the deployment; what waited for a limit that is gone starts in the same transaction. */
import type { InputOf, QueueCommands } from "@headgate/shared/api/procedures.ts";
import type { DeploymentSettings } from "@headgate/shared/api/queue-views.ts";
import { queuedRunNos } from "../runs/run-store.ts";
import { readSettings, saveSettings } from "./settings-store.ts";
import type { Turn } from "../kernel/tx.ts";
import { planStartTimeout } from "../runs/execute/start-timeout.ts";

/** Those whose reason to wait is told anew; lists fetch the others when they are told that the settings changed. */
const MAX_TOLD = 100;

export function changeSettings(turn: Turn, changes: InputOf<QueueCommands["changeSettings"]>): DeploymentSettings {
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  const settings: DeploymentSettings = { ...readSettings(turn.db), ...given };
  saveSettings(turn.db, settings);
  planStartTimeout(turn);
  turn.atEnd.dispatch = true;
  turn.effects.push({ type: "settings_changed" });
  for (const run of queuedRunNos(turn.db, MAX_TOLD)) turn.effects.push({ type: "run_changed", run });
  return settings;
}
