/** tRPC under /api/:org/:dep/trpc: queries and mutations by POST (queries also by GET), each with the role its procedure asks for. */
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { Hono } from "hono";
import { checkAnswer } from "@headgate/shared/contract/check-answer.ts";
import { MAX_BATCH_CALLS } from "@headgate/shared/contract/http/limits.ts";
import type { DeploymentProcedures } from "@headgate/shared/contract/deployment.ts";
import type { InputOf } from "@headgate/shared/contract/table.ts";
import { AppError, type Result } from "@headgate/shared/domain/errors.ts";
import { auditRow } from "../directory/audit.ts";
import type { TrpcContext } from "../trpc/context.ts";
import { appRouter } from "../trpc/router.ts";
import type { AppContext, AppEnv } from "./app-env.ts";
import { auditActor } from "./access/audit-actor.ts";
import { needs } from "./access/authorize.ts";
import { countCalls } from "./access/call-rate.ts";
import { credentialId } from "./access/credential-id.ts";
import { checkDepth, MAX_JSON_BYTES, readBytes } from "./body.ts";
import { appErrorOf } from "./errors.ts";
import { logFailure } from "./log-failure.ts";
import { activateChecked } from "./manifests.ts";
import { whileWanted } from "./while-wanted.ts";
import { noteRefusal } from "./access/note-refusals.ts";
import { tokenProcedures } from "./access/token-procedures.ts";

export const trpcRoutes = new Hono<AppEnv>().on(["GET", "POST"], "/api/:org/:dep/trpc/*", needs("viewer"), async (c) => {
  const { pathname } = new URL(c.req.url);
  const [endpoint] = /^\/api\/[^/]+\/[^/]+\/trpc/.exec(pathname) ?? [];
  if (endpoint === undefined) throw new AppError("not_found", `there is no procedure at ${pathname}`);
  const calls = pathname.split(",").length;
  if (calls > MAX_BATCH_CALLS)
    throw new AppError(
      "invalid_input",
      `a batch has ${calls} calls; at most ${MAX_BATCH_CALLS} are taken. Send the others in further requests.`,
    );
  // The request itself is counted already.
  if (calls > 1) countCalls(c.get("access").principal, c.get("directory").now(), calls - 1);
  return fetchRequestHandler({
    endpoint,
    req: await limited(c.req.raw),
    maxBatchSize: MAX_BATCH_CALLS,
    router: appRouter,
    // A GET cannot be sent with a JSON body, and long selections do not fit into an address.
    allowMethodOverride: true,
    createContext: () => trpcContext(c),
    onError({ error, path }) {
      if (error.cause instanceof AppError) noteRefusal(c, error.cause, path ?? "?");
      if (error.code === "INTERNAL_SERVER_ERROR") logFailure(`tRPC ${path ?? "?"}`, appErrorOf(error.cause ?? error));
    },
  });
});

async function limited(request: Request): Promise<Request> {
  if (request.method !== "POST") {
    checkDepth(new URL(request.url).searchParams.get("input") ?? "", "the input");
    return request;
  }
  const body = await readBytes(request, { what: "the request", maxBytes: MAX_JSON_BYTES });
  checkDepth(new TextDecoder().decode(body), "the request");
  return new Request(request.url, { method: "POST", headers: request.headers, body });
}

function trpcContext(c: AppContext): TrpcContext {
  const { actor, deployment, place, principal } = c.get("access");
  const directory = c.get("directory");
  const by = auditActor(c, principal);
  const userId = principal.kind === "session" ? principal.session.person.id : principal.token.userId;
  return {
    actor,
    deployment: whileWanted(
      withFileCheck(deployment, (input, activate) => activateChecked(c.env, { deployment, deploymentId: place.id, ...input }, activate)),
      { signal: c.req.raw.signal, caller: credentialId(principal) },
    ),
    directory: tokenProcedures({ directory, place, deployment, actor: by, userId }),
    auditRow: (entry) => auditRow(directory, { ...entry, actor: by, organizationId: place.organizationId, deploymentId: place.id }),
    check: c.env.CHECK_ANSWERS === "1" ? checkAnswer : undefined,
  };
}

type Activation = <T>(input: InputOf<"locations.activate">, activate: () => Promise<Result<T>>) => Promise<Result<T>>;

function withFileCheck(deployment: DeploymentProcedures, activation: Activation): DeploymentProcedures {
  return {
    ask: (name, input, caller) => deployment.ask(name, input, caller),
    perform(name, input, actor) {
      const perform = () => deployment.perform(name, input, actor);
      return name === "locations.activate" ? activation(input as InputOf<"locations.activate">, perform) : perform();
    },
  };
}
