/** Limits how often each key may do something: token buckets in memory. A restart refills them, which only favours the caller. */

/** Bucket size and refill per second: what was saved up may be used at once. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

interface Bucket {
  left: number;
  at: number;
}

export type Taken = { readonly ok: true } | { readonly ok: false; readonly retryAfterSeconds: number };

const MAX_BUCKETS = 10_000;

export class TokenBuckets {
  readonly #rate: Rate;
  /** The one used last stands last. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** Takes tokens, or takes none and returns in how many seconds there will be enough. `cost` is at most the size of a bucket. */
  take(key: string, now: number, cost = 1): Taken {
    const { burst, perSecond } = this.#rate;
    const bucket = this.#buckets.get(key) ?? { left: burst, at: now };
    // A clock that goes back adds and removes nothing.
    bucket.left = Math.min(burst, bucket.left + (Math.max(0, now - bucket.at) / 1000) * perSecond);
    bucket.at = now;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    this.#forgetOldest();
    if (bucket.left < cost) return { ok: false, retryAfterSeconds: Math.max(1, Math.ceil((cost - bucket.left) / perSecond)) };
    bucket.left -= cost;
    return { ok: true };
  }

  #forgetOldest(): void {
    if (this.#buckets.size <= MAX_BUCKETS) return;
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined) this.#buckets.delete(oldest);
  }
}
