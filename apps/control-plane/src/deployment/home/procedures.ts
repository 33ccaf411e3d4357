/** What reads several subjects. */
import type { QueriesOf } from "../kernel/procedure.ts";
import { timelineQuery } from "./timeline.ts";

export const homeQueries: QueriesOf<Pick<QueueQueries, "timeline">> = { timeline: timelineQuery };
