/** Effects: actions that a command requests and that run after the commit. */
import type { CloseCode } from "@headgate/shared/protocol/close-codes.ts";
import type { DownFrame } from "@headgate/shared/protocol/down.ts";

export type Effect =
  | { readonly type: "send"; readonly socket: string; readonly frame: DownFrame }
  | { readonly type: "close"; readonly socket: string; readonly code: CloseCode; readonly reason: string }
  /** The alarm has to be set to the earliest timer. */
  | { readonly type: "timers_changed" };
