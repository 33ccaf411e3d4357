/** Makes the timers of schedules and sensors those of the active definitions. */
import type { Turn } from "../turn.ts";

export function syncAutomation(_turn: Turn): void {}
