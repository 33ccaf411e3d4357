/** Starts the S3 servers of engine tests: versitygw always, Garage, which takes long to build, in the full tier. */
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createS3Client, type S3, type S3ClientOptions } from "@headgate/sdk/s3";

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}
interface S3Server extends Keys {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly reader: Keys | null;
  readonly virtualDomain: string;
  stop(): Promise<void>;
}
interface ServerScript {
  startS3Server(options: { dataDir: string; engine: string; onProgress(line: string): void }): Promise<S3Server>;
}

export const S3_ENGINES = process.env["HEADGATE_ENGINES"] === "full" ? ["versitygw", "garage"] : ["versitygw"];

export interface RunningS3 {
  readonly server: S3Server;
  /** With the server's own settings, or others. */
  client(options?: Partial<S3ClientOptions>): S3;
  stop(): Promise<void>;
}

export async function startS3(engine: string): Promise<RunningS3> {
  const script = resolve(import.meta.dirname, "../../../../scripts/engines/s3-server.mjs");
  const { startS3Server } = (await import(script)) as ServerScript;
  const dataDir = await mkdtemp(join(tmpdir(), "headgate-s3-"));
  const server = await startS3Server({ dataDir, engine, onProgress: (line) => void process.stderr.write(`${line}\n`) });
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = server;
  return {
    server,
    client: (options) => createS3Client({ endpoint, region, bucket, accessKeyId, secretAccessKey, ...options }),
    stop: async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** GET of a host name that no name server knows: the connection goes to loopback, the request says the name. */
export const fetchFromLoopback: typeof fetch = (input, init) =>
  new Promise((resolve, reject) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const headers = { ...Object.fromEntries(new Headers(init?.headers)), host: url.host };
    const outgoing = request({ host: "127.0.0.1", port: url.port, path: url.pathname + url.search, headers }, (incoming) => {
      const parts: Buffer[] = [];
      incoming.on("data", (part: Buffer) => parts.push(part));
      incoming.once("end", () => resolve(new Response(Buffer.concat(parts), { status: incoming.statusCode ?? 500 })));
    });
    outgoing.once("error", reject);
    outgoing.end();
  });
