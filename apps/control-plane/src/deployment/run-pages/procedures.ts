/** The queue and its limits: which query or command answers which name. */
import { ok } from "@headgate/shared/domain/errors.ts";
import { changeSettings } from "../queue/change-settings.ts";
import { queueQuery } from "./queue-queries.ts";
import { readSettings } from "../queue/settings-store.ts";
import type { QueriesOf, CommandsOf } from "../kernel/procedure.ts";

export const queueQueries: QueriesOf<Omit<QueueQueries, "timeline">> = {
  queue: queueQuery,
  settings: (reader) => ok(readSettings(reader.db)),
};

export const queueCommands: CommandsOf<QueueCommands> = {
  changeSettings(tx, changes) {
    const settings = changeSettings(tx, changes);
    return ok(() => settings);
  },
};
