/** Debounces changes of the URL while a person types or drags. Never fires after the page was left. */
import { onDestroy } from "svelte";
import { beforeNavigate } from "$app/navigation";

export interface DelayedCall {
  /** Replaces a call that is still waiting. */
  later(call: () => void): void;
  cancel(): void;
}

/** Call it from a component's script. A call that fired during navigation would navigate back. */
export function createDelayedCall(delayMs: number): DelayedCall {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const cancel = () => clearTimeout(timer);
  beforeNavigate(({ from, to }) => {
    if (from?.url.pathname !== to?.url.pathname) cancel();
  });
  onDestroy(cancel);
  return {
    later(call) {
      cancel();
      timer = setTimeout(call, delayMs);
    },
    cancel,
  };
}
