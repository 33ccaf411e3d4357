/**
 * Receives a webhook delivery: finds the webhook, verifies the delivery, applies the rate limit, parses and stores it. Verification is
 * asynchronous and must precede the transaction, which therefore checks again that the webhook is on.
 */
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { isTextTooDeep, MAX_JSON_DEPTH } from "@headgate/shared/domain/json.ts";
import type { FoundWebhook } from "./find-webhook.ts";
import { noWebhook, openWebhook, storeDelivery, type VerifiedDelivery } from "./ingest.ts";
import { isSecretField } from "./secret-fields.ts";
import { noteRefusal } from "./refused-deliveries.ts";
import { MAX_HEADER_CHARACTERS } from "./webhook-limits.ts";
import { TokenBuckets } from "@headgate/shared/net/token-buckets.ts";
import { DELIVERY_RATE, REFUSAL_RATE } from "./webhook-rates.ts";
import { verifyDelivery } from "./webhook-signature.ts";
import { logError } from "../kernel/log-error.ts";
import { MAX_ROW_BYTES } from "../kernel/database.ts";
import { secretsOf } from "./webhook-store.ts";
import type { Tx } from "../kernel/tx.ts";
import type { Reader } from "../kernel/reader.ts";
import type { IncomingDelivery } from "./incoming-delivery.ts";

export interface DeliveryPorts {
  reader(): Reader;
  commit<T>(command: (tx: Tx) => T): T;
}

export interface WebhookTraffic {
  readonly deliveries: TokenBuckets;
  readonly refusals: TokenBuckets;
}

export function newWebhookTraffic(): WebhookTraffic {
  return { deliveries: new TokenBuckets(DELIVERY_RATE), refusals: new TokenBuckets(REFUSAL_RATE) };
}

type Answer = Result<{ readonly delivery: string; readonly repeated: boolean }>;

export async function receiveDelivery(ports: DeliveryPorts, traffic: WebhookTraffic, input: IncomingDelivery): Promise<Answer> {
  const reader = ports.reader();
  const found = openWebhook(reader, input.hook);
  if (!found) return noWebhook();
  const secrets = secretsOf(reader.db, input.hook);
  const { now } = reader;
  const verdict = await verifyDelivery({ verify: found.spec.verify, secrets, delivery: input, now });
  if (!verdict.ok) {
    // Above this rate, refusals are not counted, so that a flood causes no writes.
    const counted = traffic.refusals.take(input.hook, now);
    if (!counted.ok) return tooMany(counted.retryAfterSeconds);
    ports.commit((tx) => noteRefusal(tx, input.hook, verdict.reason));
    return refuse("unauthenticated", "the delivery is not signed as this webhook requires; its page says why");
  }
  const room = traffic.deliveries.take(input.hook, now);
  if (!room.ok) return tooMany(room.retryAfterSeconds);
  const body = readBody(found, input.body);
  if (!body.ok) {
    if (traffic.refusals.take(input.hook, now).ok) ports.commit((tx) => noteRefusal(tx, input.hook, body.error.message));
    return body;
  }
  return store(ports, {
    hook: input.hook,
    senderId: verdict.senderId,
    secret: verdict.secret,
    bytes: input.body.byteLength,
    method: input.method,
    contentId: verdict.contentId,
    headers: kept(input.headers),
    query: kept(input.query),
    body: body.value,
  });
}

/** On a failure nothing is stored, and the sender is asked to send again. */
function store(ports: DeliveryPorts, delivery: VerifiedDelivery): Answer {
  try {
    return ports.commit((tx) => storeDelivery(tx, delivery));
  } catch (error) {
    logError(`A delivery of webhook ${delivery.hook} could not be stored`, error);
    return refuse("unavailable", "the delivery could not be stored; send it again");
  }
}

function tooMany(retryAfterSeconds: number): Result<never> {
  return refuse("rate_limited", `this webhook is sent too many deliveries; try again in ${retryAfterSeconds} seconds`, {
    retryAfterSeconds,
  });
}

function readBody({ spec }: FoundWebhook, bytes: Uint8Array): Result<string> {
  const text = new TextDecoder().decode(bytes);
  if (isTextTooDeep(text) && (!spec.raw || isJson(text)))
    return refuse("invalid_input", `the delivery is nested more than ${MAX_JSON_DEPTH} levels deep; send it in a flatter form`);
  if (!spec.raw) {
    try {
      JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
    } catch (error) {
      return refuse("invalid_input", `the delivery is not JSON: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  // Control characters take six times their size as JSON, and the event must fit into a row.
  if (new TextEncoder().encode(JSON.stringify(text)).length > MAX_ROW_BYTES - MAX_HEADER_CHARACTERS * 4)
    return refuse("too_large", "the delivery is too large once it is written as JSON text");
  return ok(text);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function kept(fields: Readonly<Record<string, string>>): Record<string, string> {
  return bounded(Object.entries(fields).filter(([name]) => !isSecretField(name)));
}

function bounded(entries: readonly (readonly [string, string])[]): Record<string, string> {
  let left = MAX_HEADER_CHARACTERS / 2;
  return Object.fromEntries(
    entries.filter(([name, value]) => {
      left -= name.length + value.length;
      return left >= 0;
    }),
  );
}
