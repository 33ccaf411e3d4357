/** Hands each frame of the control plane to the part of the agent that answers it. */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { DownFrame, JobFrame, TickFrame } from "@headgate/shared/protocol/down.ts";
import type { AgentLog } from "../agent-log.ts";
import type { Welcome } from "./session.ts";

type Cancel = Extract<DownFrame, { t: "cancel" }>;
type Tail = Extract<DownFrame, { t: "tail" }>;

/** The parts of the agent that frames are for. */
export interface FrameHandlers {
  acknowledged(s: number): void;
  job(frame: JobFrame): void;
  cancel(frame: Cancel): void;
  tick(frame: TickFrame): void;
  load(location: string, version: string): void;
  tail(frame: Tail): void;
  drain(reason: string): void;
}

/** Hands a frame to its handler. A welcome is not among the frames: `welcome.ts` handles it. */
export function handleFrame(
  frame: Exclude<DownFrame, Welcome>,
  { handlers, log }: { readonly handlers: FrameHandlers; readonly log: AgentLog },
): void {
  switch (frame.t) {
    case "ack":
      return handlers.acknowledged(frame.s);
    case "job":
      return handlers.job(frame);
    case "cancel":
      return handlers.cancel(frame);
    case "tick":
      return handlers.tick(frame);
    case "load":
      return handlers.load(frame.location, frame.version);
    case "tail":
      return handlers.tail(frame);
    case "drain":
      return handlers.drain(frame.reason);
    case "error":
      return log.error("the control plane reports an error", { code: frame.code, error: frame.message });
    default:
      return assertNever(frame);
  }
}
