/** What reads several subjects. */
import type { QueueQueries } from "@headgate/shared/api/procedures.ts";
import type { QueriesOf } from "../kernel/procedure.ts";
import { timelineQuery } from "./timeline.ts";

export const homeQueries: QueriesOf<Pick<QueueQueries, "timeline">> = { timeline: timelineQuery };
