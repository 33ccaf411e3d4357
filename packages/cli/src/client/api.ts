/** The typed procedures of a deployment. Every failure arrives as an `AppError` with the control plane's own code and message. */
import { createTRPCClient, httpLink, TRPCClientError, type TRPCClient } from "@trpc/client";
import type { AppRouter } from "@headgate/control-plane/router-type";
import { deploymentPath } from "@headgate/shared/contract/http/routes.ts";
import { AppError, type ErrorBody } from "@headgate/shared/domain/errors.ts";
import type { Connection } from "./connection.ts";
import { unreachable } from "./http.ts";

export type Api = TRPCClient<AppRouter>;

export function openApi(connection: Connection): Api {
  return createTRPCClient<AppRouter>({
    links: [
      httpLink({
        url: `${connection.url}${deploymentPath(connection.deployment, "/trpc")}`,
        headers: { authorization: `Bearer ${connection.token}` },
        methodOverride: "POST",
      }),
    ],
  });
}

export async function call<T>(connection: Connection, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw asAppError(connection, error);
  }
}

function asAppError(connection: Connection, error: unknown): unknown {
  if (!(error instanceof TRPCClientError)) return error;
  const data = error.data as { readonly body?: ErrorBody | null; readonly code?: string } | null | undefined;
  if (data?.body) return AppError.from(data.body);
  const plain = bodyOfPlainAnswer(error);
  if (plain !== null) return AppError.from(plain);
  if (data?.code === "BAD_REQUEST") return new AppError("invalid_input", readableIssues(error.message), { cause: error });
  if (data === undefined || data === null) return unreachable(connection.url, error.cause ?? error);
  return new AppError("internal", `The control plane answered with an error: ${error.message}`, { cause: error });
}

/** Authentication is refused before tRPC, in the plain routes' form. */
function bodyOfPlainAnswer(error: TRPCClientError<AppRouter>): ErrorBody | null {
  const json = error.meta?.["responseJSON"] as { readonly error?: Partial<ErrorBody> } | undefined;
  const body = json?.error;
  return body !== undefined && typeof body.message === "string" && typeof body.code === "string"
    ? { ...body, code: body.code, message: body.message }
    : null;
}

/** Input refused by a schema arrives as a JSON list of issues. */
function readableIssues(message: string): string {
  try {
    const issues = JSON.parse(message) as readonly { readonly message: string; readonly path?: readonly (string | number)[] }[];
    return issues.map((issue) => `${issue.path?.join(".") ?? "input"}: ${issue.message}`).join("; ");
  } catch {
    return message;
  }
}
