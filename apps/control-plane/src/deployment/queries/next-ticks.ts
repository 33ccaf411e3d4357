/** When the schedules fire next. */
import type { HomeView } from "@headgate/shared/api/views.ts";
import type { Reader } from "./reader.ts";

export function nextTicks(_reader: Reader): HomeView["nextTicks"] {
  return [];
}
