/** A clock that stands still until the test moves it. Objects of one test file share it; it outlives evictions. */
import { runInDurableObject } from "cloudflare:test";
import { clock } from "../../src/deployment/kernel/clock.ts";
import { type DeploymentObject, raw } from "./deployment.ts";

const real = clock.now;

/** Sets it to a time; see `useRealClock`. */
export function setClock(at: number): void {
  clock.now = () => at;
}

export function moveClock(ms: number): void {
  setClock(clock.now() + ms);
}

export function useRealClock(): void {
  clock.now = real;
}

/** What the alarm would do now. */
export async function ringAlarm(stub: DeploymentObject): Promise<void> {
  await runInDurableObject(raw(stub), (instance) => instance.alarm());
}
