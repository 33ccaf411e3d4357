/** What stands between an agent and its control plane in a company: TLS with the company's own authority, and a proxy for the way out. */
import { createServer } from "node:http";
import { connect, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Certificate } from "@headgate/shared/testing/certificates.ts";

export interface Front {
  readonly port: number;
  /** Hosts and ports to which connections were made. */
  readonly targets: string[];
  close(): Promise<void>;
}

/** Ends TLS, and passes what is inside on to a plain port of this machine. */
export async function tlsFront(certificate: Certificate, target: string): Promise<Front> {
  const targets: string[] = [];
  const open = new Set<Socket>();
  const server = createTlsServer({ cert: certificate.cert, key: certificate.key }, (socket) => {
    targets.push(target);
    join(socket, connect(Number(new URL(target).port), "127.0.0.1"), open);
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return frontOf(server, targets, open);
}

/** A proxy that opens tunnels (CONNECT) and refuses all else. */
export async function tunnelProxy(): Promise<Front> {
  const targets: string[] = [];
  const open = new Set<Socket>();
  const server = createServer((_request, response) => {
    response.writeHead(403).end("This proxy only opens tunnels.");
  });
  server.on("connect", (request, socket: Socket) => {
    const { hostname, port } = new URL(`http://${request.url ?? ""}`);
    targets.push(`${hostname}:${port}`);
    const onward = connect(Number(port), "127.0.0.1", () => socket.write("HTTP/1.1 200 Connection established\r\n\r\n"));
    join(socket, onward, open);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return frontOf(server, targets, open);
}

function join(one: Socket, other: Socket, open: Set<Socket>): void {
  for (const socket of [one, other]) {
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      open.delete(socket);
      one.destroy();
      other.destroy();
    });
  }
  one.pipe(other);
  other.pipe(one);
}

function frontOf(server: Server, targets: string[], open: ReadonlySet<Socket>): Front {
  return {
    port: (server.address() as AddressInfo).port,
    targets,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}
