/** Messages that a deployment sends to other systems: those that wait, and dead letters, which were given up. */
import { z } from "zod";
import { cursorSchema, idSchema, limitSchema } from "./fields.ts";
import { command, query } from "./procedure.ts";
import { pageOf, view, type View } from "./view.ts";

export const outgoingMessageSchema = view(
  "OutgoingMessage",
  z.object({
    /** The receiver recognizes a repeated message by it. */
    key: z.string(),
    destination: z.enum(["directory"]),
    /** What it is about, e.g. `webhooks.register`. */
    topic: z.string(),
    /** JSON. */
    body: z.string(),
    createdAt: z.number(),
    attempts: z.number(),
    /** When it is sent next; null: it is a dead letter. */
    nextAt: z.number().nullable(),
    /** When it was given up; null: it still waits. */
    deadAt: z.number().nullable(),
    /** Why the last attempt failed. */
    error: z.string().nullable(),
  }),
);
export type OutgoingMessageView = View<typeof outgoingMessageSchema>;

const message = z.object({ key: idSchema });

export const outboxProcedures = {
  "outbox.list": query({
    scope: "deployment",
    role: "admin",
    summary: "Messages that wait to be sent, or dead letters; newest first. Delivered messages are gone.",
    input: z.object({ state: z.enum(["waiting", "dead"]), cursor: cursorSchema, limit: limitSchema.default(50) }),
    output: pageOf(outgoingMessageSchema),
  }),
  "outbox.sendAgain": command({
    scope: "deployment",
    role: "admin",
    summary: "Sends a message now, with its key and all attempts anew.",
    input: message,
    output: outgoingMessageSchema,
    audit: { target: ({ key }) => key },
  }),
  "outbox.remove": command({
    scope: "deployment",
    role: "admin",
    summary: "Removes a dead letter.",
    input: message,
    output: outgoingMessageSchema,
    audit: { target: ({ key }) => key },
  }),
};
