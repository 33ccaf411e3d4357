import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { canonicalJson } from "../domain/json.ts";
import { MANIFEST_OLDEST_SUPPORTED, MANIFEST_VERSION } from "../manifest/schema.ts";
import { manifestWireSchema } from "../manifest/wire.ts";
import { liveUpSchema } from "../contract/live/messages.ts";
import { LIVE_VERSION } from "../contract/live/version.ts";
import { downFrameSchema } from "./down.ts";
import { upFrameSchema } from "./up.ts";
import { PROTOCOL_OLDEST_SUPPORTED, PROTOCOL_VERSION } from "./version.ts";

function fingerprint(schema: z.ZodType): string {
  const shape = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return createHash("sha256").update(canonicalJson(shape)).digest("hex").slice(0, 16);
}

/**
 * A schema that moves without its version moving breaks agents and stored manifests in the field. When one of these fails: is the change
 * additive and optional? Then only replace the fingerprint. Otherwise raise the version, add a line to its history, and keep reading the old one.
 */
describe("wire schemas and their versions move together", () => {
  it("agent frames up", () => expect([PROTOCOL_VERSION, fingerprint(upFrameSchema)]).toEqual([1, "ee52a28e91264b58"]));
  it("agent frames down", () => expect([PROTOCOL_VERSION, fingerprint(downFrameSchema)]).toEqual([1, "7c4bce5e7c47bb7f"]));
  it("manifest", () => expect([MANIFEST_VERSION, fingerprint(manifestWireSchema)]).toEqual([1, "7acd6b119b6ae118"]));
  it("live frames up", () => expect([LIVE_VERSION, fingerprint(liveUpSchema)]).toEqual([1, "a94d577d56faa83c"]));
  it("supports no version that does not exist", () => {
    expect(PROTOCOL_OLDEST_SUPPORTED).toBeLessThanOrEqual(PROTOCOL_VERSION);
    expect(MANIFEST_OLDEST_SUPPORTED).toBeLessThanOrEqual(MANIFEST_VERSION);
  });
});
