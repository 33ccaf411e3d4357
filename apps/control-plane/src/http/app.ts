/** The Worker's routes, one file per group, and the one place where errors become answers. The table of routes is `shared/contract/http/routes.ts`. */
import { Hono } from "hono";
import { httpStatusOf } from "@headgate/shared/contract/http/http-errors.ts";
import { AppError, type ErrorBody } from "@headgate/shared/domain/errors.ts";
import { openDirectory } from "../directory/database.ts";
import { agentRoutes } from "./agent-routes.ts";
import type { AppContext, AppEnv } from "./app-env.ts";
import { bootstrapRoutes } from "./access/bootstrap.ts";
import { definitionsRoutes } from "./definitions.ts";
import { appErrorOf } from "./errors.ts";
import { hashedAssetRoutes } from "./hashed-assets.ts";
import { webhookRoutes } from "./webhook-routes.ts";
import { logFailure } from "./log-failure.ts";
import { noteRefusal } from "./access/note-refusals.ts";
import { loginRoutes } from "./access/login.ts";
import { publishRoutes } from "./publish.ts";
import { runLogRoutes } from "./run-logs.ts";
import { securityHeaders } from "./security-headers.ts";
import { socketRoutes } from "./sockets.ts";
import { trpcRoutes } from "./trpc-mount.ts";
import { VERSION } from "./version.ts";

export const app = new Hono<AppEnv>();

// Before all middleware: a page load fetches dozens of these, and the assets bring their own headers.
app.route("/", hashedAssetRoutes);
app.use(securityHeaders);
app.use(async (c, next) => {
  c.set("directory", openDirectory(c.env.DB));
  await next();
});
app.get("/healthz", (c) => c.json({ ok: true, version: VERSION }));
for (const group of [
  bootstrapRoutes,
  loginRoutes,
  publishRoutes,
  definitionsRoutes,
  runLogRoutes,
  socketRoutes,
  trpcRoutes,
  agentRoutes,
  webhookRoutes,
]) {
  app.route("/", group);
}
app.notFound((c) => answerError(c, new AppError("not_found", `there is nothing at ${c.req.method} ${c.req.path}`)));
app.onError((thrown, c) => {
  const error = appErrorOf(thrown);
  if (error.code === "internal") logFailure(`${c.req.method} ${c.req.path}`, error);
  noteRefusal(c, error, `${c.req.method} ${c.req.path}`);
  return answerError(c, error);
});

function answerError(c: AppContext, error: AppError): Response {
  if (error.code === "unauthenticated") c.header("www-authenticate", "Bearer");
  const after = error.details?.["retryAfterSeconds"];
  if (typeof after === "number") c.header("retry-after", String(after));
  return c.json({ error: error.body } satisfies { error: ErrorBody }, httpStatusOf(error.code));
}
