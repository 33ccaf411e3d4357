/** How many deliveries of a webhook are taken. */
import type { Rate } from "@headgate/shared/net/token-buckets.ts";

/** A sender may deliver a backlog at once. */
export const DELIVERY_RATE: Rate = { burst: 1_000, perSecond: 50 };
/** Each counted refusal costs a write; above this rate refusals are not counted. */
export const REFUSAL_RATE: Rate = { burst: 100, perSecond: 1 };
