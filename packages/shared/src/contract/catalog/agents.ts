/** Agents that have connected to a deployment. */
import { z } from "zod";
import { query } from "../procedure.ts";
import { view, type View } from "../view.ts";

export const agentViewSchema = view(
  "AgentView",
  z.object({
    instance: z.string(),
    name: z.string(),
    hostname: z.string(),
    version: z.string(),
    queue: z.string(),
    slots: z.number(),
    running: z.number(),
    /** The steps that it runs in pods, at most 200; left out if there are none. They are among `running`. */
    pods: z
      .array(
        z.object({
          run: z.string(),
          step: z.string(),
          attempt: z.number(),
          /** The name of the pod; null until it has connected. */
          name: z.string().nullable(),
          state: z.enum(["starting", "connected", "disconnected"]),
        }),
      )
      .optional(),
    status: z.enum(["connected", "draining", "disconnected"]),
    connectedAt: z.number(),
    lastSeenAt: z.number(),
    labels: z.record(z.string(), z.string()),
    locations: z.array(z.object({ location: z.string(), version: z.string(), state: z.enum(["ready", "failed", "loading"]) })),
    /** Id of its token. */
    token: z.string(),
  }),
);
export type AgentView = View<typeof agentViewSchema>;

export const agentProcedures = {
  "agents.list": query({
    scope: "deployment",
    role: "viewer",
    summary: "Agents, connected ones and those seen lately.",
    input: null,
    output: z.array(agentViewSchema),
  }),
};
