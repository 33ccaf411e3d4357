/** tRPC is initialized once here; `procedure(role)` is the only way to make a procedure, so none can forget its permission. */
import { initTRPC, TRPCError } from "@trpc/server";
import type { Role } from "@headgate/shared/api/views.ts";
import { AppError, type ErrorBody, type Result } from "@headgate/shared/errors.ts";
import { roleIncludes } from "../http/roles.ts";
import { trpcCodeOf } from "../http/errors.ts";
import type { TrpcContext } from "./context.ts";

const t = initTRPC.context<TrpcContext>().create({
  errorFormatter({ shape, error }) {
    const body: ErrorBody | null = error.cause instanceof AppError ? error.cause.body : null;
    return { ...shape, data: { code: shape.data.code, httpStatus: shape.data.httpStatus, path: shape.data.path, body } };
  },
});

export const router = t.router;
export const createCallerFactory = t.createCallerFactory;

export function procedure(role: Role) {
  return t.procedure.use(({ ctx, next, path }) => {
    if (!roleIncludes(ctx.actor.role, role)) {
      throw toTrpcError(new AppError("forbidden", `${path} needs the role '${role}'; '${ctx.actor.name}' has '${ctx.actor.role}'`));
    }
    return next();
  });
}

/** Opens a service's answer: the value, or the matching tRPC error with the whole body for the client. */
export async function answer<T>(result: Promise<Result<T>>): Promise<T> {
  const settled = await result;
  if (settled.ok) return settled.value;
  throw toTrpcError(AppError.from(settled.error));
}

function toTrpcError(error: AppError): TRPCError {
  return new TRPCError({ code: trpcCodeOf(error.code), message: error.message, cause: error });
}
