/** Answer of `GET /api/v1/session`: who I am and which deployments I may open. */
import { z } from "zod";
import { ROLES } from "../../domain/access/role.ts";
import { view, type View } from "../view.ts";

export const sessionViewSchema = view(
  "SessionView",
  z.object({
    user: z.object({ name: z.string(), email: z.string().nullable() }),
    organization: z.object({ slug: z.string(), name: z.string() }),
    deployments: z.array(z.object({ name: z.string(), role: z.enum(ROLES) })),
  }),
);
export type SessionView = View<typeof sessionViewSchema>;
