/** What is kept of webhooks, how much and for how long. */

/** Of two valid secrets the sender uses one while the other is put in place. */
export const MAX_SECRETS = 2;
export const SHOWN_REFUSALS = 10;
export const MAX_DELIVERY_BYTES = 1024 * 1024;
/** Deliveries and their senders' ids; a repetition after this is a new delivery. Far longer than the replay window. */
export const KEEP_DELIVERIES_MS = 7 * 86_400_000;
/** Of one hook together: whoever knows the address of a hook without verification must not fill the deployment's storage. */
export const MAX_STORED_BYTES = 256 * 1024 * 1024;
/** Headers and query of one delivery, as JSON. */
export const MAX_HEADER_CHARACTERS = 32_000;
