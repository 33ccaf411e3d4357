/** Ticks of schedules and sensors. */
import type { Timer } from "../store/timer-store.ts";
import type { Turn } from "../turn.ts";

export function fireSchedule(_turn: Turn, _timer: Timer): void {}
export function fireSensor(_turn: Turn, _timer: Timer): void {}
export function failOpenTick(_turn: Turn, _id: string): void {}
