/**
 * Asks the deployment only as long as the client waits for the answer. A batch asks for a few things at a time, so that the calls of others
 * are worked in between, and what has not been asked for is dropped when the client is gone.
 */
import type { DeploymentProcedures } from "@headgate/shared/contract/deployment.ts";
import { refuse } from "@headgate/shared/domain/errors.ts";

/** The most calls of one request that the object has at once. */
const AT_ONCE = 2;

interface Request {
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
  /** The id of the client's credential. */
  readonly caller: string;
}

export function whileWanted(deployment: DeploymentProcedures, { signal, caller }: Request): DeploymentProcedures {
  let running = 0;
  const waiting: (() => void)[] = [];
  const inTurn = async <T>(call: () => Promise<T>): Promise<T> => {
    if (running < AT_ONCE) running++;
    // A call that ends hands its place on.
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await call();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
  return {
    ask: (name, input) =>
      inTurn(async () =>
        signal.aborted ? refuse("unavailable", "the client did not wait for the answer") : deployment.ask(name, input, caller),
      ),
    // A command waits for nothing: some answer only when an agent has, and what was asked for is done.
    perform: (name, input, actor) => deployment.perform(name, input, actor),
  };
}
