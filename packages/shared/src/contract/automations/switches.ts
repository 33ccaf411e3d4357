/** The switch of each code location: whether its schedules, sensors and conditions may start anything. */
import { z } from "zod";
import { LOCATION_SWITCHES } from "../../domain/automation/starts-on.ts";
import { nameSchema } from "../fields.ts";
import { command, query } from "../procedure.ts";
import { view, type View } from "../view.ts";
import { offReasonSchema } from "./automation-views.ts";

const counts = z.object({ schedules: z.number(), sensors: z.number(), conditions: z.number() });

export const switchViewSchema = view(
  "SwitchView",
  z.object({
    location: z.string(),
    /** `new`: no one has switched it, so only what the code wants running is on. */
    state: z.enum(LOCATION_SWITCHES),
    changed: z.object({ by: z.string(), at: z.number() }).nullable(),
    /** How many are on. */
    on: counts,
    /** How many are off. */
    off: counts,
    /** The first of those that are off; the name of a condition is its asset or check. */
    names: z.array(z.object({ kind: z.enum(["schedule", "sensor", "condition"]), name: z.string(), reason: offReasonSchema })),
  }),
);
export type SwitchView = View<typeof switchViewSchema>;

export const switchProcedures = {
  "switches.list": query({
    scope: "deployment",
    role: "viewer",
    summary: "For every code location: whether it was switched on, and what of it is on and off.",
    input: null,
    output: z.array(switchViewSchema),
  }),
  "switches.set": command({
    scope: "deployment",
    role: "editor",
    summary:
      "Switches the schedules, sensors and conditions of a code location on or off. What the code or a person stopped stays off when it is switched on.",
    input: z.object({ location: nameSchema, on: z.boolean() }),
    output: switchViewSchema,
    audit: { target: ({ location }) => location },
  }),
};
