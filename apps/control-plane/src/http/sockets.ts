/** The two sockets: after authentication they are handed to the deployment's object, with the verified identity in headers that only we set. */
import { Hono } from "hono";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { AGENT_SUBPROTOCOL } from "@headgate/shared/protocol/version.ts";
import { SOCKET_HEADERS, type SocketKind } from "../deployment/kernel/socket-headers.ts";
import type { DeploymentPlace } from "../directory/deployments.ts";
import type { AppContext, AppEnv } from "./app-env.ts";
import { needs, needsAgentOrPod } from "./access/authorize.ts";
import { credentialId } from "./access/credential-id.ts";
import { rawStub } from "./deployment-stub.ts";
import { isSocketUpgrade } from "./access/origin.ts";

export const socketRoutes = new Hono<AppEnv>()
  .get("/api/:org/:dep/live", needs("viewer"), (c) => {
    requireUpgrade(c);
    const { place, actor, principal } = c.get("access");
    return forward(c, place, {
      kind: "live",
      actor: encodeURIComponent(JSON.stringify(actor)),
      token: credentialId(principal),
      tokenName: encodeURIComponent(actor.name),
    });
  })

  .get("/agent/v1/connect", needsAgentOrPod, (c) => {
    requireUpgrade(c);
    const offered =
      c.req
        .header("sec-websocket-protocol")
        ?.split(",")
        .map((one) => one.trim()) ?? [];
    if (!offered.includes(AGENT_SUBPROTOCOL)) {
      throw new AppError(
        "unsupported_version",
        `this control plane speaks '${AGENT_SUBPROTOCOL}', the agent offered '${offered.join(", ")}'; update the older of the two`,
      );
    }
    const { token, place, attempt } = c.get("agent");
    const identity = { kind: "agent", token: token.id, tokenName: encodeURIComponent(token.name) } as const;
    const { run, step, epoch } = attempt ?? {};
    return forward(c, place, attempt ? { ...identity, attempt: encodeURIComponent(JSON.stringify({ run, step, epoch })) } : identity);
  });

function requireUpgrade(c: AppContext): void {
  if (!isSocketUpgrade(c)) throw new AppError("invalid_input", "this address is a WebSocket; connect with a WebSocket client");
}

interface VerifiedIdentity {
  readonly kind: SocketKind;
  readonly token: string;
  /** Percent-encoded, because a header holds no other characters than Latin ones. */
  readonly tokenName: string;
  /** Percent-encoded JSON of the actor. */
  readonly actor?: string;
  /** Percent-encoded JSON of the attempt of a pod. */
  readonly attempt?: string;
}

function forward(c: AppContext, place: DeploymentPlace, identity: VerifiedIdentity): Promise<Response> {
  const headers = new Headers([...c.req.raw.headers].filter(([name]) => !isCredentialOrOurs(name)));
  headers.set(SOCKET_HEADERS.kind, identity.kind);
  headers.set(SOCKET_HEADERS.token, identity.token);
  headers.set(SOCKET_HEADERS.tokenName, identity.tokenName);
  if (identity.actor !== undefined) headers.set(SOCKET_HEADERS.actor, identity.actor);
  if (identity.attempt !== undefined) headers.set(SOCKET_HEADERS.attempt, identity.attempt);
  return rawStub(c.env, place).fetch(new Request(c.req.url, { method: "GET", headers }));
}

/** A client's own claims about its identity, and what the object has no business to see. */
function isCredentialOrOurs(name: string): boolean {
  return name.startsWith("x-headgate-") || name === "cookie" || name === "authorization";
}
