/** Tokens of a deployment. The directory keeps them, so the Worker answers these procedures itself. */
import { z } from "zod";
import { ROLES } from "../../domain/access/role.ts";
import { idSchema } from "../fields.ts";
import { command, query } from "../procedure.ts";
import { view, type View } from "../view.ts";

const kind = z.enum(["agent", "api"]);
export const tokenViewSchema = view(
  "TokenView",
  z.object({
    id: z.string(),
    name: z.string(),
    kind,
    role: z.string().nullable(),
    createdAt: z.number(),
    expiresAt: z.number().nullable(),
    lastUsedAt: z.number().nullable(),
    revokedAt: z.number().nullable(),
  }),
);
export type TokenView = View<typeof tokenViewSchema>;

export const tokenProcedures = {
  "tokens.list": query({
    scope: "organization",
    role: "admin",
    summary: "The tokens of the deployment, without their secrets.",
    input: null,
    output: z.array(tokenViewSchema),
  }),
  "tokens.create": command({
    scope: "organization",
    role: "admin",
    summary: "Makes a token. Its secret is in this answer only. An API token without a role only reads.",
    input: z.object({
      name: z.string().min(1).max(100),
      kind,
      /** Only API tokens have one; an owner's token cannot be made. */
      role: z.enum(ROLES).exclude(["owner"]).optional(),
      expiresInDays: z.number().int().min(1).max(3650).optional(),
    }),
    output: z.object({ view: tokenViewSchema, secret: z.string() }),
    audit: "with_the_change",
  }),
  "tokens.revoke": command({
    scope: "organization",
    role: "admin",
    summary: "Makes a token invalid and closes its sockets at once.",
    input: z.object({ id: idSchema }),
    output: tokenViewSchema,
    audit: "with_the_change",
  }),
};
