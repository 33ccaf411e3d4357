/** Procedures that read several subjects: the first page and the timeline. */
import type { ProceduresOf } from "../kernel/procedure.ts";
import { readHome } from "./home.ts";
import { timelineQuery } from "./timeline.ts";

export const homeProcedures: ProceduresOf<"home"> = { "home.get": readHome };
export const timelineProcedures: ProceduresOf<"timeline"> = { "timeline.get": timelineQuery };
