/** Example body and signed curl command for a webhook sensor, with every field that its mapping reads. Pure. */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { WebhookSpec } from "@headgate/shared/manifest/automation.ts";

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
interface Parts {
  readonly body: Json;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
}

/** A body with a value for each path that the mapping reads. */
export function exampleBody(spec: WebhookSpec | undefined): Json {
  return exampleParts(spec).body;
}

function exampleParts(spec: WebhookSpec | undefined): Parts {
  const parts = { body: {} as Json, headers: {} as Record<string, string>, query: {} as Record<string, string> };
  const { when = [], runKey, partition, tags = {} } = spec?.map ?? {};
  const places: [string, Json][] = [
    ...(runKey === undefined ? [] : [[runKey, "example-1"] as [string, Json]]),
    ...(partition === undefined ? [] : [[partition, "2026-01-31"] as [string, Json]]),
    ...Object.entries(tags).map(([tag, path]): [string, Json] => [path, `example ${tag}`]),
    ...when.map(({ path, equals }): [string, Json] => [path, equals]),
  ];
  for (const [path, value] of places) {
    const [root = "", ...rest] = path.split(".");
    if (root === "$headers") parts.headers[rest.join(".")] = textOf(value);
    else if (root === "$query") parts.query[rest.join(".")] = textOf(value);
    else parts.body = withValue(parts.body, [root, ...rest], value);
  }
  return places.length === 0 ? { ...parts, body: { event: "example" } } : parts;
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function withValue(into: Json, [name, ...rest]: readonly string[], value: Json): Json {
  if (name === undefined) return value;
  if (/^\d+$/.test(name) && (Array.isArray(into) || isEmpty(into))) {
    const list = Array.isArray(into) ? [...into] : [];
    const index = Math.min(Number(name), 20);
    while (list.length < index) list.push({});
    list[index] = withValue(list[index] ?? {}, rest, value);
    return list;
  }
  const object = typeof into === "object" && into !== null && !Array.isArray(into) ? into : {};
  return { ...object, [name]: withValue(object[name] ?? {}, rest, value) };
}

function isEmpty(value: Json): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** For a POSIX shell with curl, and openssl for signatures. */
export function curlExample(spec: WebhookSpec, url: string): string {
  const { body, headers, query } = exampleParts(spec);
  const search = new URLSearchParams(query).toString();
  const sent = [
    `curl -X POST ${quote(search === "" ? url : `${url}?${search}`)}`,
    `-H 'content-type: application/json'`,
    ...Object.entries(headers).map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
  ];
  const text = `BODY=${quote(JSON.stringify(body))}`;
  switch (spec.verify) {
    case "standard":
      return [
        "SECRET='whsec_...'",
        text,
        'ID="msg_$(date +%s)"',
        'TIME="$(date +%s)"',
        `KEY="$(printf %s "\${SECRET#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \\n')"`,
        `SIGNATURE="$(printf %s "$ID.$TIME.$BODY" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY" -binary | base64)"`,
        command([
          ...sent,
          '-H "webhook-id: $ID"',
          '-H "webhook-timestamp: $TIME"',
          '-H "webhook-signature: v1,$SIGNATURE"',
          '--data-raw "$BODY"',
        ]),
      ].join("\n");
    case "github":
      return [
        "SECRET='...'",
        text,
        `SIGNATURE="$(printf %s "$BODY" | openssl dgst -sha256 -hmac "$SECRET" | sed 's/^.* //')"`,
        command([
          ...sent,
          '-H "x-github-delivery: $(date +%s)"',
          "-H 'x-github-event: push'",
          '-H "x-hub-signature-256: sha256=$SIGNATURE"',
          '--data-raw "$BODY"',
        ]),
      ].join("\n");
    case "secret":
      return ["SECRET='...'", text, command([...sent, '-H "x-headgate-secret: $SECRET"', '--data-raw "$BODY"'])].join("\n");
    case "none":
      return [text, command([...sent, '--data-raw "$BODY"'])].join("\n");
    default:
      return assertNever(spec.verify);
  }
}

export function formatVerification(verify: WebhookSpec["verify"]): string {
  switch (verify) {
    case "standard":
      return "Standard Webhooks signature (headers webhook-id, webhook-timestamp, webhook-signature)";
    case "github":
      return "GitHub signature (header X-Hub-Signature-256)";
    case "secret":
      return "Shared secret: in the x-headgate-secret header, as a bearer token, as the basic auth password, or as the last part of the URL";
    case "none":
      return "Nothing: anyone with the URL can send deliveries";
    default:
      return assertNever(verify);
  }
}

function command(parts: readonly string[]): string {
  return parts.join(" \\\n  ");
}

/** Single quotes keep everything as it is in a shell; one inside is written as '\''. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
