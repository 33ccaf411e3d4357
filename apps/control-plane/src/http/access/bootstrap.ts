/** POST /api/v1/bootstrap: the operator's secret makes organization, deployment, owner and tokens; repeating it changes nothing that exists. */
import { Hono } from "hono";
import { z } from "zod";
import type { BootstrapAnswer } from "@headgate/shared/contract/http/routes.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { AuditActor } from "../../directory/audit.ts";
import type { Directory } from "../../directory/database.ts";
import { ensureDeployment, type DeploymentPlace } from "../../directory/deployments.ts";
import { createLoginLink } from "../../directory/login-links.ts";
import { ensureMember } from "../../directory/members.ts";
import { ensureOrganization } from "../../directory/organizations.ts";
import { sameSecret } from "../../directory/secrets.ts";
import { createToken, hasTokens } from "../../directory/tokens.ts";
import type { AppContext, AppEnv } from "../app-env.ts";
import { networkAddress } from "./audit-actor.ts";
import { bearerOf } from "./authenticate.ts";
import { readJson } from "../body.ts";
import { deploymentStub } from "../deployment-stub.ts";
import { loginUrl } from "./login.ts";

const MIN_SECRET_CHARACTERS = 32;
/** First segments of other addresses of this Worker and its dashboard. */
const RESERVED = new Set(["api", "agent", "login", "hooks", "healthz", "v1", "_app", "assets", "settings", "logout"]);
const slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "use lower case letters, digits and '-', at most 63 characters, not beginning with '-'")
  .refine((value) => !RESERVED.has(value), "this name is reserved");

const bootstrapSchema = z.object({
  organization: slug,
  deployment: slug,
  user: z.object({ name: z.string().trim().min(1).max(200), email: z.email().max(320).optional() }),
  tokens: z.literal("new").optional(),
});

export const bootstrapRoutes = new Hono<AppEnv>().post("/api/v1/bootstrap", async (c) => {
  await checkBootstrapSecret(c);
  const input = await readJson(c.req.raw, bootstrapSchema, { what: "the bootstrap request" });
  const directory = c.get("directory");
  const actor: AuditActor = { kind: "operator", id: null, name: "bootstrap", origin: networkAddress(c) };

  const organization = await ensureOrganization(directory, input.organization, actor);
  const place = await ensureDeployment(directory, {
    org: organization.slug,
    organizationId: organization.id,
    name: input.deployment,
    actor,
  });
  const person = { name: input.user.name, email: input.user.email?.toLowerCase() ?? null };
  const owner = await ensureMember(directory, { organizationId: organization.id, person, role: "owner", deploymentId: null, actor });
  await deploymentStub(c.env, place);

  const wanted = input.tokens === "new" || !(await hasTokens(directory, place.id));
  const tokens = wanted ? await makeTokens(directory, { place, userId: owner.id, actor }) : { agentToken: null, apiToken: null };
  const link = await createLoginLink(directory, {
    userId: owner.id,
    target: place,
    deploymentId: null,
    maxRole: "owner",
    tokenId: null,
    actor,
  });
  return c.json({ ...tokens, loginUrl: loginUrl(c, link) } satisfies BootstrapAnswer);
});

async function makeTokens(
  directory: Directory,
  input: { readonly place: DeploymentPlace; readonly userId: string; readonly actor: AuditActor },
) {
  const common = { ...input, expiresInDays: null };
  const agent = await createToken(directory, { ...common, name: "first agent", kind: "agent", role: null });
  const api = await createToken(directory, { ...common, name: "headgate command", kind: "api", role: "owner" });
  return { agentToken: agent.secret, apiToken: api.secret };
}

async function checkBootstrapSecret(c: AppContext): Promise<void> {
  const expected = c.env.BOOTSTRAP_SECRET;
  if (typeof expected !== "string" || expected.length < MIN_SECRET_CHARACTERS) {
    throw new AppError(
      "unavailable",
      `bootstrapping is off: set the Worker's secret BOOTSTRAP_SECRET to at least ${MIN_SECRET_CHARACTERS} random characters`,
    );
  }
  const given = bearerOf(c);
  if (given === null || !(await sameSecret(given, expected))) {
    throw new AppError(
      "unauthenticated",
      "the bootstrap secret is missing or wrong; send it as 'Authorization: Bearer <BOOTSTRAP_SECRET>'",
    );
  }
}
