/** A clock that stands still until the test moves it. All objects of a test file share it, and it survives evictions. */
import { runInDurableObject } from "cloudflare:test";
import { clock } from "../../src/deployment/kernel/clock.ts";
import { type DeploymentObject, raw } from "./deployment.ts";

const real = clock.now;

/** Sets the clock; see `useRealClock`. */
export function setClock(at: number): void {
  clock.now = () => at;
}

export function moveClock(ms: number): void {
  setClock(clock.now() + ms);
}

export function useRealClock(): void {
  clock.now = real;
}

/** Does what the alarm would do now. */
export async function ringAlarm(stub: DeploymentObject): Promise<void> {
  await runInDurableObject(raw(stub), (instance) => instance.alarm());
}
