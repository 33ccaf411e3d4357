/** The queue, its limits, and past and coming times. */
import type { QueueCommands, QueueQueries } from "@headgate/shared/api/procedures.ts";
import { ok } from "@headgate/shared/domain/errors.ts";
import { changeSettings } from "./change-settings.ts";
import type { CommandsOf, QueriesOf } from "../procedures.ts";
import { queueQuery } from "./queue-queries.ts";
import { timelineQuery } from "../home/timeline.ts";
import { readSettings } from "./settings-store.ts";

export const queueQueries: QueriesOf<QueueQueries> = {
  queue: queueQuery,
  settings: (reader) => ok(readSettings(reader.db)),
  timeline: timelineQuery,
};

export const queueCommands: CommandsOf<QueueCommands> = {
  changeSettings(tx, changes) {
    const settings = changeSettings(tx, changes);
    return ok(() => settings);
  },
};
