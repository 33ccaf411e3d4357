/** Calls the control plane: tRPC for procedures, plain GET for immutable documents. Every error becomes an `ErrorBody`. */
import { createTRPCClient, httpBatchLink, isTRPCClientError, type TRPCClient } from "@trpc/client";
import type { AppRouter } from "@headgate/control-plane/router-type";
import { MAX_BATCH_CALLS } from "@headgate/shared/contract/http/limits.ts";
import { deploymentPath } from "@headgate/shared/contract/http/routes.ts";
import type { DefinitionsDocument } from "@headgate/shared/contract/catalog/definitions.ts";
import type { SessionView } from "@headgate/shared/contract/access/session.ts";
import { AppError, type ErrorBody } from "@headgate/shared/domain/errors.ts";
import type { DeploymentRef } from "#lib/paths.ts";

export type Api = TRPCClient<AppRouter>;

/** Calls of the same tick share one request. Always POST, because selections can exceed the length limit of a URL. */
export function createApi(ref: DeploymentRef): Api {
  return createTRPCClient<AppRouter>({
    links: [httpBatchLink({ url: deploymentPath(ref, "/trpc"), methodOverride: "POST", maxItems: MAX_BATCH_CALLS })],
  });
}

export async function fetchDefinitions(ref: DeploymentRef, hash: string): Promise<DefinitionsDocument> {
  return fetchJson<DefinitionsDocument>(deploymentPath(ref, `/definitions/${encodeURIComponent(hash)}`));
}

/** Null when there is no session. */
export async function fetchSession(fetcher: typeof fetch): Promise<SessionView | null> {
  const response = await fetcher("/api/v1/session", { headers: { accept: "application/json" } });
  if (response.status === 401 || response.status === 403) return null;
  if (!response.ok) throw await responseError(response);
  return (await response.json()) as SessionView;
}

async function fetchJson<T>(url: string): Promise<T> {
  const response = await fetch(url, { headers: { accept: "application/json" } });
  if (!response.ok) throw await responseError(response);
  return (await response.json()) as T;
}

async function responseError(response: Response): Promise<AppError> {
  try {
    const { error } = (await response.json()) as { error?: ErrorBody };
    if (error) return AppError.from(error);
  } catch {
    // Not our JSON, e.g. a proxy's error page: only the status is known.
  }
  return new AppError(
    response.status >= 500 ? "unavailable" : "internal",
    `The control plane answered ${response.status} ${response.statusText}.`.trim(),
  );
}

/** Converts any error to the one shape that pages display. */
export function toErrorBody(error: unknown): ErrorBody {
  if (isTRPCClientError<AppRouter>(error)) {
    const body = error.data?.body;
    if (body) return body;
    if (error.data?.httpStatus === 401) return { code: "unauthenticated", message: "You are signed out. Open a new sign-in link." };
    if (error.data) return { code: error.data.httpStatus >= 500 ? "internal" : "invalid_input", message: error.message };
    return {
      code: "unavailable",
      message: `The control plane did not answer: ${error.message}. Check that it is running, then try again.`,
    };
  }
  if (error instanceof AppError) return error.body;
  if (error instanceof TypeError)
    return { code: "unavailable", message: "The control plane did not answer. Check that it is running, then try again." };
  return { code: "internal", message: error instanceof Error ? error.message : String(error) };
}
