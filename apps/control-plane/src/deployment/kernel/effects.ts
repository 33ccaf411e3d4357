/** Effects: actions that a command requests and that run after the commit. */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { CloseCode } from "@headgate/shared/protocol/close-codes.ts";
import type { DownFrame } from "@headgate/shared/protocol/down.ts";

export type Effect =
  | { readonly type: "send"; readonly socket: string; readonly frame: DownFrame }
  | { readonly type: "close"; readonly socket: string; readonly code: CloseCode; readonly reason: string }
  /** The alarm has to be set to the earliest timer. */
  | { readonly type: "timers_changed" };

export interface EffectPorts {
  send(socket: string, frame: DownFrame): void;
  close(socket: string, code: CloseCode, reason: string): void;
  armTimers(): void;
}

export function performEffects(effects: readonly Effect[], ports: EffectPorts): void {
  let timers = false;
  for (const effect of effects) {
    switch (effect.type) {
      case "send":
        ports.send(effect.socket, effect.frame);
        break;
      case "close":
        ports.close(effect.socket, effect.code, effect.reason);
        break;
      case "timers_changed":
        timers = true;
        break;
      default:
        assertNever(effect);
    }
  }
  if (timers) ports.armTimers();
}
