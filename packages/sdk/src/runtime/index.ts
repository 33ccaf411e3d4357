/** Entry point `@headgate/sdk/runtime`, used by the generated entry module of a bundle. */
export { createRuntime } from "./create-runtime.ts";
export type { RuntimeOptions } from "./create-runtime.ts";
