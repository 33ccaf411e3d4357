/** The limits of webhooks: how much is stored and for how long. */

/** Two secrets are valid at once, so that a sender can switch to a new one. */
export const MAX_SECRETS = 2;
export const SHOWN_REFUSALS = 10;
export const MAX_DELIVERY_BYTES = 1024 * 1024;
/** How long deliveries and their senders' ids are kept; a repetition after this is a new delivery. Far longer than the replay window. */
export const KEEP_DELIVERIES_MS = 7 * 86_400_000;
/** The most bytes stored per webhook, so that no one who knows the address of a webhook without verification can fill the storage. */
export const MAX_STORED_BYTES = 256 * 1024 * 1024;
/** The most characters of headers and query of one delivery, as JSON. */
export const MAX_HEADER_CHARACTERS = 32_000;
