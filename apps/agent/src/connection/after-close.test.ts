import { describe, expect, it } from "vitest";
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import { afterClose } from "./after-close.ts";

describe("after a connection ended", () => {
  it.each([
    [CLOSE.normal, "", "retry"],
    [CLOSE.badFrame, "", "retry"],
    [CLOSE.tooLarge, "", "retry"],
    [CLOSE.slowDown, "12", "retry"],
    [CLOSE.revoked, "", "refused"],
    [CLOSE.upgradeRequired, "", "refused"],
    [CLOSE.replaced, "", "stop"],
    [1006, "", "retry"],
    [4999, "", "retry"],
  ])("close code %i leads to %s%s", (code, reason, move) => {
    expect(afterClose({ kind: "close", code, reason }).move).toBe(move);
  });

  it("an agent that must slow down waits as long as requested", () => {
    expect(afterClose({ kind: "close", code: CLOSE.slowDown, reason: "retryAfter=12" })).toMatchObject({ minWaitMs: 12_000 });
    expect(afterClose({ kind: "close", code: CLOSE.slowDown, reason: "" })).toMatchObject({ minWaitMs: 30_000 });
  });

  it.each([
    [401, "refused"],
    [403, "refused"],
    [426, "refused"],
    [404, "retry"],
    [429, "retry"],
    [500, "retry"],
  ])("HTTP %i before the upgrade leads to %s", (status, move) => {
    expect(afterClose({ kind: "http", status, body: "" }).move).toBe(move);
  });

  it("a control plane's error is shown as its sentence, a proxy's unchanged", () => {
    const refusal = afterClose({
      kind: "http",
      status: 401,
      body: '{"error":{"code":"unauthenticated","message":"the token was revoked"}}',
    });
    expect(refusal.message).toMatch(/It says: the token was revoked$/);
    expect(afterClose({ kind: "http", status: 502, body: "<h1>Bad gateway</h1>" }).message).toMatch(/It says: <h1>Bad gateway<\/h1>$/);
  });
});
