/** Counts the statements of the object's database. */
import { runInDurableObject } from "cloudflare:test";
import { type DeploymentObject, raw } from "./deployment.ts";

interface Counter {
  /** The number of statements since the last call. */
  taken(): number;
}

/** Counts for all objects of this test file, because their statements go through the same prototype. */
export async function countStatements(stub: DeploymentObject): Promise<Counter> {
  return runInDurableObject(raw(stub), (_instance, state) => {
    const prototype = Object.getPrototypeOf(state.storage.sql) as { exec: (...args: unknown[]) => unknown };
    const { exec } = prototype;
    let count = 0;
    prototype.exec = function (this: unknown, ...args: unknown[]) {
      count++;
      return exec.apply(this, args);
    };
    return {
      taken: () => {
        const since = count;
        count = 0;
        return since;
      },
    };
  });
}
