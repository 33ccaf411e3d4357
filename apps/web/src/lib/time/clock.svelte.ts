/** The clock for display, corrected to the control plane's clock. */
import { createContext } from "svelte";

export class Clock {
  #read = $state(Date.now());
  offset = $state(0);
  /** Moves every second while the tab is visible. */
  readonly now: number = $derived(this.#read + this.offset);
  /** Moves every ten seconds: enough for "12 min ago". */
  readonly coarse: number = $derived(Math.floor(this.now / 10_000) * 10_000 + 10_000);

  start(): () => void {
    const tick = () => {
      if (document.visibilityState === "visible") this.#read = Date.now();
    };
    const timer = setInterval(tick, 1000);
    document.addEventListener("visibilitychange", tick);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", tick);
    };
  }
}

export const [getClock, setClock] = createContext<Clock>();
