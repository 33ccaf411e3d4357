/** Signing in and out: one-time links, the session cookie, and who I am. */
import { Hono } from "hono";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { deploymentById, deploymentsOf } from "../../directory/deployments.ts";
import { createLoginLink, readLoginLink, takeLoginLink } from "../../directory/login-links.ts";
import { membershipsOf } from "../../directory/members.ts";
import { createSession, endSession } from "../../directory/sessions.ts";
import type { AppContext, AppEnv } from "../app-env.ts";
import { auditActor, networkAddress } from "./audit-actor.ts";
import { authenticate } from "./authenticate.ts";
import { deploymentStub } from "../deployment-stub.ts";
import { checkCookieOrigin, ownOrigin } from "./origin.ts";
import { confirmPage, refusalPage } from "./login-pages.ts";
import { noteRefusedSignIn } from "./note-refusals.ts";
import { roleIncludes } from "@headgate/shared/domain/access/role.ts";
import { deleteSessionCookie, setSessionCookie } from "./session-cookie.ts";
import { sessionView } from "./session-view.ts";

export function loginUrl(c: AppContext, secret: string): string {
  return `${ownOrigin(c)}/login/${secret}`;
}

function usedLink(c: AppContext) {
  const advice = "A link works once, for ten minutes. Make a new one with 'headgate login', or start Headgate again.";
  return c.html(refusalPage("This login link is used or expired", advice), 401);
}

export const loginRoutes = new Hono<AppEnv>()
  .get("/login/:token", async (c) => {
    const directory = c.get("directory");
    const found = await readLoginLink(directory, c.req.param("token"));
    const place = found && (await deploymentById(directory, found.targetDeploymentId));
    if (!found || !place) return usedLink(c);
    // The form is sent to this address. Without a referrer policy of its own the browser would send it with the origin 'null'.
    c.header("content-security-policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'");
    c.header("referrer-policy", "same-origin");
    return c.html(confirmPage(found.person.email ?? found.person.name, `${place.org}/${place.name}`));
  })

  .post("/login/:token", async (c) => {
    // A foreign page must not sign a browser into an account that the browser's person does not know.
    const origin = c.req.header("origin");
    if (origin !== undefined) checkCookieOrigin(c);
    const directory = c.get("directory");
    const used = await takeLoginLink(directory, c.req.param("token"));
    const place = used && (await deploymentById(directory, used.targetDeploymentId));
    if (!used || !place) {
      noteRefusedSignIn(c, "login link");
      return usedLink(c);
    }
    const { secret } = await createSession(directory, { ...used, organizationId: place.organizationId, origin: networkAddress(c) });
    setSessionCookie(c, secret);
    return c.redirect(`/${place.org}/${place.name}`, 303);
  })

  .post("/api/v1/login-links", async (c) => {
    const principal = await authenticate(c);
    if (principal.kind !== "api" || !roleIncludes(principal.token.role, "admin")) {
      throw new AppError("forbidden", "login links are made with an API token of the role 'admin' or 'owner'");
    }
    const { token } = principal;
    if (token.userId === null)
      throw new AppError("forbidden", `the token '${token.name}' has no person behind it; make one in the dashboard`);
    const directory = c.get("directory");
    const target = await deploymentById(directory, token.deploymentId);
    if (!target) throw new AppError("not_found", "the token's deployment does not exist any more");
    const secret = await createLoginLink(directory, {
      userId: token.userId,
      target,
      deploymentId: token.deploymentId,
      maxRole: token.role,
      tokenId: token.id,
      actor: auditActor(c, principal),
    });
    return c.json({ url: loginUrl(c, secret) });
  })

  .post("/api/v1/logout", async (c) => {
    const principal = await authenticate(c);
    if (principal.kind !== "session") throw new AppError("invalid_input", "only a browser session can log out; revoke the token instead");
    const { session } = principal;
    const directory = c.get("directory");
    await endSession(directory, session, auditActor(c, principal));
    deleteSessionCookie(c);
    // Its open sockets end with it.
    for (const { organizationId } of await membershipsOf(directory, session.person.id)) {
      for (const place of await deploymentsOf(directory, organizationId)) {
        const stub = await deploymentStub(c.env, place);
        await stub.tokenRevoked({ token: session.id });
      }
    }
    return c.json({ ok: true });
  })

  .get("/api/v1/session", async (c) => {
    const principal = await authenticate(c);
    return c.json(await sessionView(c.get("directory"), principal, c.req.query("organization")));
  });
