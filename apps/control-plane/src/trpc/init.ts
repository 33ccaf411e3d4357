/** tRPC, initialized once: how errors look, and the one way to make a procedure, which checks the role first. */
import { initTRPC, TRPCError } from "@trpc/server";
import { z } from "zod";
import { type Role, roleIncludes } from "@headgate/shared/domain/access/role.ts";
import { AppError, type ErrorBody, type Result } from "@headgate/shared/domain/errors.ts";
import { roleMissing } from "../http/access/refusals.ts";
import { appErrorOf, invalidInput, trpcCodeOf } from "../http/errors.ts";
import type { TrpcContext } from "./context.ts";

const t = initTRPC.context<TrpcContext>().create({
  errorFormatter({ shape, error }) {
    const body = bodyOf(error);
    return {
      ...shape,
      message: body.message,
      data: { code: shape.data.code, httpStatus: shape.data.httpStatus, path: shape.data.path, body },
    };
  },
});

function bodyOf(error: TRPCError): ErrorBody {
  if (error.cause instanceof AppError) return error.cause.body;
  if (error.cause instanceof z.ZodError) return invalidInput("the input", error.cause).body;
  if (error.code === "INTERNAL_SERVER_ERROR") return appErrorOf(error).body;
  // tRPC's own refusals: no such procedure, a body that is no JSON, a wrong method.
  if (error.cause instanceof SyntaxError) return { code: "invalid_input", message: `the request body is not JSON: ${error.message}` };
  return { code: error.code === "NOT_FOUND" ? "not_found" : "invalid_input", message: error.message };
}

export const router = t.router;

export function procedure(role: Role) {
  return t.procedure.use(async ({ ctx, next, path, getRawInput }) => {
    if (!roleIncludes(ctx.actor.role, role)) {
      throw toTrpcError(roleMissing(path, role, ctx.actor));
    }
    const result = await next({ ctx: { ...ctx, sentInput: getRawInput } });
    // What a resolver threw: a refusal keeps its code, a failure of the durable object becomes one that clients may retry.
    if (!result.ok && result.error.code === "INTERNAL_SERVER_ERROR" && result.error.cause !== undefined)
      throw toTrpcError(appErrorOf(result.error.cause));
    return result;
  });
}

/** Opens an answer: the value, or the matching tRPC error with the whole body for the client. */
export async function answer<T>(result: Promise<Result<T>>): Promise<T> {
  const settled = await result;
  if (settled.ok) return settled.value;
  throw toTrpcError(AppError.from(settled.error));
}

function toTrpcError(error: AppError): TRPCError {
  return new TRPCError({ code: trpcCodeOf(error.code), message: error.message, cause: error });
}
