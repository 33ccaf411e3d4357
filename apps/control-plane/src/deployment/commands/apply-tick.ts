/** The result of a sensor's or schedule's evaluation on an agent. */
import type { UpItem } from "@headgate/shared/protocol/up.ts";
import type { Turn } from "../turn.ts";

/** Says whether runs were made. */
export function applyTickResult(_turn: Turn, _input: { readonly instance: string; readonly item: Extract<UpItem, { k: "tick" }> }): boolean {
  return false;
}
