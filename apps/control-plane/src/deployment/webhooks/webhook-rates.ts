/** How many deliveries may a hook take in? Token buckets in the object's memory: a wake-up fills them, which only errs on the sender's side. */

/** As many at once as a sender may have piled up, and as many a second for ever. */
export const DELIVERY_RATE: Rate = { burst: 1_000, perSecond: 50 };
/** Refused ones cost a write each; beyond this they are not counted one by one. */
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

  /** Takes one token; otherwise says after how many seconds there is one. */
  take(hook: string, now: number): { readonly ok: true } | { readonly ok: false; readonly retryAfterSeconds: number } {
    const { burst, perSecond } = this.#rate;
    const bucket = this.#buckets.get(hook) ?? { left: burst, at: now };
    // A clock that steps back fills nothing and takes nothing away.
    bucket.left = Math.min(burst, bucket.left + (Math.max(0, now - bucket.at) / 1000) * perSecond);
    bucket.at = now;
    if (this.#buckets.size >= MAX_BUCKETS) this.#buckets.clear();
    this.#buckets.set(hook, bucket);
    if (bucket.left < 1) return { ok: false, retryAfterSeconds: Math.max(1, Math.ceil((1 - bucket.left) / perSecond)) };
    bucket.left -= 1;
    return { ok: true };
  }
}
