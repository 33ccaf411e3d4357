import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import type { WebhookSpec } from "@headgate/shared/manifest/automation.ts";
import { curlExample, exampleBody } from "./webhook-example.ts";

const spec = (verify: WebhookSpec["verify"]): WebhookSpec => ({
  verify,
  raw: false,
  map: {
    when: [{ path: "data.status", equals: "it's done" }],
    runKey: "data.jobs.0.id",
    tags: { source: "$query.from", event: "$headers.x-event" },
  },
});

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Runs the command in a shell and returns the received request. */
async function deliver(verify: WebhookSpec["verify"], secret: string): Promise<Received> {
  const received = Promise.withResolvers<Received>();
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      response.end("{}");
      received.resolve({ path: request.url ?? "", headers: request.headers, body });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const script = curlExample(spec(verify), `http://127.0.0.1:${port}/hooks/a`).replace(/SECRET='[^']*'/, `SECRET='${secret}'`);
  try {
    await promisify(execFile)("sh", ["-c", script.replace("curl ", "curl -sS --noproxy '*' ")]);
    return await received.promise;
  } finally {
    server.close();
  }
}

describe("example delivery", () => {
  it("the body has a value for each mapped path", () => {
    expect(exampleBody(spec("none"))).toEqual({ data: { jobs: [{ id: "example-1" }], status: "it's done" } });
    expect(exampleBody(undefined)).toEqual({ event: "example" });
  });

  it("a Standard Webhooks delivery is signed", async () => {
    const secret = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const { headers, body, path } = await deliver("standard", `whsec_${secret}`);
    const signed = createHmac("sha256", Buffer.from(secret, "base64"))
      .update(`${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${body}`)
      .digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${signed}`);
    expect(JSON.parse(body)).toEqual(exampleBody(spec("standard")));
    expect(path).toBe("/hooks/a?from=example+source");
    expect(headers["x-event"]).toBe("example event");
  });

  it("a GitHub delivery is signed", async () => {
    const { headers, body } = await deliver("github", "it is secret");
    expect(headers["x-hub-signature-256"]).toBe(`sha256=${createHmac("sha256", "it is secret").update(body).digest("hex")}`);
  });

  it("a shared secret is sent in its header", async () => {
    const { headers, body } = await deliver("secret", "hgs_1");
    expect(headers["x-headgate-secret"]).toBe("hgs_1");
    expect(JSON.parse(body)).toEqual(exampleBody(spec("secret")));
  });
});
