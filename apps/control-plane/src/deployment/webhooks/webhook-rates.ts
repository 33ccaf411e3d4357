/** Limits the deliveries of a webhook with token buckets in memory. A restart refills them, which only favours the sender. */

/** Bucket size and refill rate per second; a sender may deliver a backlog at once. */
export const DELIVERY_RATE: Rate = { burst: 1_000, perSecond: 50 };
/** Each counted refusal costs a write; above this rate refusals are not counted. */
export const REFUSAL_RATE: Rate = { burst: 100, perSecond: 1 };

interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

interface Bucket {
  left: number;
  at: number;
}

const MAX_BUCKETS = 10_000;

export class WebhookRates {
  readonly #rate: Rate;
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** Takes one token, or returns in how many seconds there will be one. */
  take(hook: string, now: number): { readonly ok: true } | { readonly ok: false; readonly retryAfterSeconds: number } {
    const { burst, perSecond } = this.#rate;
    const bucket = this.#buckets.get(hook) ?? { left: burst, at: now };
    // A clock that goes back adds and removes nothing.
    bucket.left = Math.min(burst, bucket.left + (Math.max(0, now - bucket.at) / 1000) * perSecond);
    bucket.at = now;
    if (this.#buckets.size >= MAX_BUCKETS) this.#buckets.clear();
    this.#buckets.set(hook, bucket);
    if (bucket.left < 1) return { ok: false, retryAfterSeconds: Math.max(1, Math.ceil((1 - bucket.left) / perSecond)) };
    bucket.left -= 1;
    return { ok: true };
  }
}
