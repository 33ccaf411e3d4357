/** The child process that loads a bundle and asks what it defines. This is the only place in the CLI where user code runs. */
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { RUNTIME_VERSION, type LocationRuntime } from "@headgate/shared/protocol/worker.ts";
import type { IndexAnswer, IndexRequest } from "./index-protocol.ts";
import { ROOT_VARIABLE } from "./module-places.ts";
import { problemOfThrown, type Folders } from "./problems.ts";

process.on("disconnect", () => process.exit(0));

process.once("message", (request: IndexRequest) => {
  const folders: Folders = { root: request.root, bundleFolder: dirname(request.bundle) };
  const fail = (error: unknown): void => finish({ t: "failed", problem: problemOfThrown(error, folders) });
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  index(request).then((answer) => finish(answer), fail);
});

async function index(request: IndexRequest): Promise<IndexAnswer> {
  Object.assign(globalThis, { [Symbol.for(ROOT_VARIABLE)]: request.root });
  const module = (await import(pathToFileURL(request.bundle).href)) as { readonly runtime?: LocationRuntime };
  const { runtime } = module;
  if (runtime === undefined || runtime.version !== RUNTIME_VERSION) {
    throw new Error(
      `this headgate supports version ${RUNTIME_VERSION} of the SDK runtime, but the installed @headgate/sdk has ${runtime?.version ?? "none"}; install the same version of both`,
    );
  }
  return {
    t: "indexed",
    result: await runtime.index({ root: request.root, scratch: request.scratch, storage: request.storage, env: process.env }),
  };
}

/** Ends the child after the answer is sent: open handles of user code (a timer, a pool) must not keep it alive. */
function finish(answer: IndexAnswer): void {
  process.send?.(answer, undefined, {}, () => process.exit(0));
}
