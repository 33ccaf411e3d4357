/** Schedules and sensors: turning them on and off, their ticks, and dry runs. */
import { z } from "zod";
import { sensorCursorSchema } from "../../protocol/cursor.ts";
import {
  automationDetailSchema,
  automationKindSchema,
  automationViewSchema,
  dryRunSchema,
  tickDetailSchema,
  tickStateSchema,
  tickSummarySchema,
} from "./automation-views.ts";
import { cursorSchema, idSchema, limitSchema, nameSchema } from "../fields.ts";
import { command, query } from "../procedure.ts";
import { pageOf } from "../view.ts";

const ref = { location: nameSchema, kind: automationKindSchema, name: nameSchema };
const automation = z.object(ref);
/** A header or query parameter of a webhook delivery. */
const deliveryFields = z.record(z.string().max(200), z.string().max(10_000)).optional();

export const automationProcedures = {
  "automations.list": query({
    scope: "deployment",
    role: "viewer",
    summary: "Schedules and sensors in the order of location, kind and name, so that pages skip and repeat none while others come and go.",
    input: z
      .object({
        kind: automationKindSchema.optional(),
        /** Those of exactly this name, in any code location. */
        name: z.string().max(400).optional(),
        /** Names both of them: longer than other cursors. */
        cursor: z.string().max(5000).nullish(),
        limit: limitSchema.default(100),
      })
      .default({ limit: 100 }),
    output: pageOf(automationViewSchema),
  }),
  "automations.get": query({
    scope: "deployment",
    role: "viewer",
    summary: "One schedule or sensor. The address of a webhook that verifies nothing is shown from the role editor upwards.",
    input: automation,
    output: automationDetailSchema,
  }),
  "automations.ticks": query({
    scope: "deployment",
    role: "viewer",
    summary: "Ticks, newest first.",
    input: z.object({
      location: nameSchema.optional(),
      kind: automationKindSchema.optional(),
      name: nameSchema.optional(),
      states: z.array(tickStateSchema).optional(),
      cursor: cursorSchema,
      limit: limitSchema.default(50),
    }),
    output: pageOf(tickSummarySchema),
  }),
  "automations.tick": query({
    scope: "deployment",
    role: "viewer",
    summary: "One tick with its log, events and cursors.",
    input: z.object({ id: idSchema }),
    output: tickDetailSchema,
  }),
  "automations.setEnabled": command({
    scope: "deployment",
    role: "editor",
    summary: "Turns a schedule or sensor on or off; `enabled: null` lets its definition decide again.",
    input: z.object({ ...ref, enabled: z.boolean().nullable() }),
    output: automationViewSchema,
    audit: { target: ({ location }) => location },
  }),
  "automations.setCursor": command({
    scope: "deployment",
    role: "editor",
    summary: "Replaces the cursor of a sensor; null removes it.",
    input: z.object({ ...ref, cursor: sensorCursorSchema.nullable() }),
    output: automationViewSchema,
    /** The line also says what the cursor was, so that a mistake can be taken back. */
    audit: {
      target: ({ location, kind, name }) => `${location}/${kind}/${name}`,
      before: {
        ask: "automations.get",
        input: ({ location, kind, name }) => ({ location, kind, name }),
        answer: automationDetailSchema,
      },
      line: ({ input, before }) => ({ after: { ...input, before: before.cursor } }),
    },
  }),
  "automations.tickNow": command({
    scope: "deployment",
    role: "launcher",
    summary: "Makes a tick now instead of at its time.",
    input: automation,
    output: automationViewSchema,
    audit: { target: ({ location }) => location },
  }),
  "automations.test": command({
    scope: "deployment",
    role: "launcher",
    summary: "A dry run: evaluates a tick without storing or starting anything, and waits for the agent's answer.",
    input: z.object({
      ...ref,
      /** Schedules: the time of the tick. */
      scheduledFor: z.number().optional(),
      /** Sensors: the cursor to begin with. */
      cursor: sensorCursorSchema.nullish(),
      /** Webhook sensors: the delivery. */
      body: z.unknown().optional(),
      headers: deliveryFields,
      query: deliveryFields,
    }),
    output: dryRunSchema,
    audit: { target: ({ location }) => location },
  }),
  "automations.releaseRunKey": command({
    scope: "deployment",
    role: "editor",
    summary: "Lets a run key make a run again.",
    input: z.object({ ...ref, key: z.string().max(500) }),
    output: automationViewSchema,
    audit: { target: ({ location }) => location },
  }),
};
