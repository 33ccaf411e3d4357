/** How does typing or dragging land in the address without changing it at every step? The last call of a burst, a moment later; never after the page was left. */
import { onDestroy } from "svelte";
import { beforeNavigate } from "$app/navigation";

export interface DelayedCall {
  /** Takes the place of a call that still waits. */
  later(call: () => void): void;
  cancel(): void;
}

/** For the script of a component. A call that fired on the way to another page would lead back to this one. */
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
