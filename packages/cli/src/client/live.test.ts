import { describe, expect, it, onTestFinished } from "vitest";
import type { AppError } from "@headgate/shared/domain/errors.ts";
import { LiveServer } from "@headgate/shared/live/live-server.test-support.ts";
import { openLive } from "./live.ts";

async function connectTo(server: LiveServer): Promise<{ readonly fatal: AppError[]; readonly welcomes: boolean[] }> {
  const seen = { fatal: [] as AppError[], welcomes: [] as boolean[] };
  const client = openLive({
    connection: { url: `http://${await server.listen()}`, token: "secret", deployment: { org: "acme", name: "prod" }, origin: "options" },
    random: () => 0,
    handlers: { onWelcome: ({ refetch }) => void seen.welcomes.push(refetch) },
    onFatal: (error) => void seen.fatal.push(error),
  });
  onTestFinished(() => client.stop());
  return seen;
}

describe("the live connection of the command line", () => {
  it("sends the token and is welcomed", async () => {
    const server = new LiveServer();
    const { welcomes } = await connectTo(server);
    await expect.poll(() => welcomes).toEqual([true]);
    expect(server.authorizations).toEqual(["Bearer secret"]);
  });

  it.each([
    [401, "unauthenticated", "refused the token"],
    [403, "unavailable", "with status 403"],
  ])("ends for good when the upgrade is answered with %i", async (status, code, message) => {
    const server = new LiveServer();
    server.refuseWith = status;
    const { fatal } = await connectTo(server);
    await expect.poll(() => fatal.map((error) => error.code)).toEqual([code]);
    expect(fatal[0]?.message).toContain(message);
    expect(server.connections).toBe(1);
  });

  it.each([429, 503])("is opened again when the upgrade is answered with %i", async (status) => {
    const server = new LiveServer();
    server.refuseWith = status;
    const { fatal, welcomes } = await connectTo(server);
    await expect.poll(() => server.connections).toBeGreaterThanOrEqual(2);
    server.refuseWith = null;
    await expect.poll(() => welcomes).toEqual([true]);
    expect(fatal).toEqual([]);
  });

  it("ends for good when the server reports an error", async () => {
    const server = new LiveServer();
    const { fatal, welcomes } = await connectTo(server);
    await expect.poll(() => welcomes.length).toBe(1);
    server.toAll({ t: "error", message: "this control plane speaks live version 2" });
    await expect
      .poll(() => fatal.map((error) => error.message))
      .toEqual(["The control plane refused the live connection: this control plane speaks live version 2"]);
  });
});
