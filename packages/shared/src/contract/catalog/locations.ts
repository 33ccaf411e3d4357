/** Code locations and their versions. */
import { z } from "zod";
import { loadErrorSchema } from "../../manifest/schema.ts";
import { cursorSchema, limitSchema } from "../fields.ts";
import { command, query } from "../procedure.ts";
import { pageOf, view, type View } from "../view.ts";

export const versionViewSchema = view(
  "VersionView",
  z.object({
    id: z.string(),
    location: z.string(),
    /** 1, 2, 3...: the order of publishing within the location. */
    number: z.number(),
    active: z.boolean(),
    publishedAt: z.number(),
    publishedBy: z.string(),
    counts: z.object({ assets: z.number(), checks: z.number(), jobs: z.number(), schedules: z.number(), sensors: z.number() }),
    git: z.object({ commit: z.string(), branch: z.string().nullable(), dirty: z.boolean(), url: z.string().nullable() }).nullable(),
    sdk: z.string(),
    /** Against the version before it. */
    diff: z.object({ added: z.array(z.string()), removed: z.array(z.string()), changed: z.array(z.string()) }),
  }),
);
export type VersionView = View<typeof versionViewSchema>;

export const locationViewSchema = view(
  "LocationView",
  z.object({
    name: z.string(),
    /** `unavailable`: the newest attempt to load failed; the active version, if any, stays active. */
    status: z.enum(["loaded", "unavailable"]),
    active: versionViewSchema.nullable(),
    errors: z.array(loadErrorSchema),
    erroredAt: z.number().nullable(),
    updatedAt: z.number(),
  }),
);
export type LocationView = View<typeof locationViewSchema>;

const location = z.string().max(200);

export const locationProcedures = {
  "locations.list": query({
    scope: "deployment",
    role: "viewer",
    summary: "Every code location with its active version and load errors.",
    input: null,
    output: z.array(locationViewSchema),
  }),
  "locations.versions": query({
    scope: "deployment",
    role: "viewer",
    summary: "Versions of a code location, newest first.",
    input: z.object({ location, cursor: cursorSchema, limit: limitSchema.default(50) }),
    output: pageOf(versionViewSchema),
  }),
  "locations.activate": command({
    scope: "deployment",
    role: "editor",
    summary: "Activates a version; 409 with `details.missing` when files are missing.",
    input: z.object({ location, version: z.string().max(200) }),
    output: versionViewSchema,
    audit: { target: (input) => input.location },
  }),
};
