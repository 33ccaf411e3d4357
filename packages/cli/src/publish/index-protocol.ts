/** Messages between `headgate` and the child process that loads user code (Node IPC; both are always of the same release). */
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import type { IndexResult } from "@headgate/shared/protocol/worker.ts";

export interface IndexRequest {
  readonly bundle: string;
  readonly root: string;
  readonly scratch: string;
  readonly storage?: string | undefined;
}

export type IndexAnswer = { readonly t: "indexed"; readonly result: IndexResult } | { readonly t: "failed"; readonly problem: LoadError };
