/** Makes any statement of the object's database fail, as a full disk or the end of the process would. */
import { runInDurableObject } from "cloudflare:test";
import { type DeploymentObject, raw } from "./deployment.ts";

interface Faults {
  /** The statement with this number, counted from now on, throws once. */
  failAt(statement: number): void;
  /** Stops the faults. Returns whether the planned one did not happen. */
  stop(): boolean;
  readonly thrown: number;
}

/** Applies to all objects of this test file, because their statements go through the same prototype. */
export async function sqlFaults(stub: DeploymentObject): Promise<Faults> {
  return runInDurableObject(raw(stub), (_instance, state) => {
    const prototype = Object.getPrototypeOf(state.storage.sql) as { exec: (...args: unknown[]) => unknown };
    const { exec } = prototype;
    let left = 0;
    let thrown = 0;
    prototype.exec = function (this: unknown, ...args: unknown[]) {
      if (left > 0 && --left === 0) {
        thrown++;
        throw new Error("the database failed (injected)");
      }
      return exec.apply(this, args);
    };
    return {
      failAt: (statement: number) => {
        left = statement;
      },
      stop: () => {
        const pending = left > 0;
        left = 0;
        return pending;
      },
      get thrown() {
        return thrown;
      },
    };
  });
}
