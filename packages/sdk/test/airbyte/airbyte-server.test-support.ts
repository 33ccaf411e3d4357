/** An Airbyte server for tests: state behind Airbyte's published API. It refuses and remembers every request that breaks the contract. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { AirbyteJob, AirbyteJobStatus, AirbyteJobType } from "@headgate/sdk/airbyte";
import { airbytePaths } from "./airbyte-openapi.test-support.ts";
import { createContract, type Call } from "./contract.test-support.ts";

export const CLIENT = { clientId: "client", clientSecret: "secret" };
export const SHOP = "e735894a-e773-4938-969f-45f53957b75b";
export const CRM = "9924bcd0-99be-453d-ba47-c2c9766f7da5";
const BASE = "/api/public/v1";

/** An answer other than the state's: once for each entry, to the first request that it fits. */
export interface Fault {
  readonly operation?: Call["operation"]["operationId"] | undefined;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
}

export interface AirbyteServer {
  readonly url: string;
  readonly jobs: Map<number, AirbyteJob>;
  readonly faults: Fault[];
  /** Operations that were answered or refused, in order. */
  readonly calls: string[];
  /** Requests and answers that are not as documented. */
  readonly violations: string[];
  /** Seconds that a new token lives. */
  tokenSeconds: number;
  /** The most jobs on a page, where that is less than was asked for. */
  pageLimit: number;
  /** Called after each answer. */
  afterCall: (call: Call) => void;
  revokeTokens(): void;
  /** A job that ended, or is as `job` says. */
  add(job?: Partial<AirbyteJob>): AirbyteJob;
  update(jobId: number, job: Partial<AirbyteJob>): void;
  close(): Promise<void>;
}

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

export async function startAirbyte(): Promise<AirbyteServer> {
  const contract = createContract(airbytePaths);
  const tokens = new Map<string, number>();
  let lastId = 100;
  const state: AirbyteServer = {
    url: "",
    jobs: new Map(),
    faults: [],
    calls: [],
    violations: [],
    tokenSeconds: 900,
    pageLimit: 100,
    afterCall: () => undefined,
    revokeTokens: () => tokens.clear(),
    add: (job = {}) => {
      const jobId = job.jobId ?? ++lastId;
      const made = {
        jobId,
        connectionId: SHOP,
        jobType: "sync",
        status: "succeeded",
        // As Java prints a time: without seconds when they are zero.
        startTime: "2025-01-01T00:00Z",
        lastUpdatedAt: "2025-01-01T00:10:00Z",
        ...job,
      } as const;
      state.jobs.set(jobId, made);
      return made;
    },
    update: (jobId, job) => state.jobs.set(jobId, { ...existing(jobId), ...job }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const existing = (jobId: unknown): AirbyteJob => {
    const job = state.jobs.get(Number(jobId));
    if (!job) throw new Refusal(404, `No job ${String(jobId)}`);
    return job;
  };

  const answer = (call: Call): unknown => {
    const body = call.body as Record<string, string>;
    switch (call.operation.operationId) {
      case "createAccessToken": {
        if (body["client_id"] !== CLIENT.clientId || body["client_secret"] !== CLIENT.clientSecret)
          throw new Refusal(401, "Invalid client");
        const token = `token-${tokens.size}-${state.calls.length}`;
        tokens.set(token, Date.now() + state.tokenSeconds * 1000);
        return { access_token: token, token_type: "Bearer", expires_in: state.tokenSeconds };
      }
      case "listJobs":
        return listJobs(state, call.parameters);
      case "createJob": {
        const busy = [...state.jobs.values()].find((job) => job.connectionId === body["connectionId"] && job.status === "running");
        if (busy) throw new Refusal(409, "A sync is already running for the connection");
        return shown(
          state.add({ connectionId: body["connectionId"] ?? "", jobType: body["jobType"] as AirbyteJobType, status: "running" }),
        );
      }
      case "getJob":
        return shown(existing(call.parameters["jobId"]));
      case "cancelJob": {
        const { jobId } = existing(call.parameters["jobId"]);
        if (hasEnded(existing(jobId))) throw new Refusal(409, "Job is not currently running");
        state.update(jobId, { status: "cancelled" satisfies AirbyteJobStatus });
        return shown(existing(jobId));
      }
    }
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = "";
    for await (const part of request) text += String(part);
    const url = new URL(request.url ?? "", "http://airbyte");
    const send = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void => {
      response
        .writeHead(status, { "content-type": "application/json", ...headers })
        .end(typeof body === "string" ? body : JSON.stringify(body));
    };
    url.pathname = url.pathname.startsWith(BASE) ? url.pathname.slice(BASE.length) : url.pathname;
    const read = contract.readRequest({ method: request.method ?? "", url, text, contentType: request.headers["content-type"] });
    if (!("call" in read)) {
      state.violations.push(`${request.method} ${url.pathname}${url.search}: ${read.reason}`);
      return send(read.status, { detail: read.reason });
    }
    const { call } = read;
    state.calls.push(call.operation.operationId);
    const answered = (status: number, result: unknown): void => {
      const reason = contract.answerReason(call.operation, status, result);
      if (reason !== null) state.violations.push(`answer of ${call.operation.operationId}: ${reason}`);
      send(status, result);
    };
    const fault = state.faults.findIndex(({ operation }) => operation === undefined || operation === call.operation.operationId);
    const [found] = fault < 0 ? [] : state.faults.splice(fault, 1);
    if (found)
      return found.status === 0 ? void response.destroy() : send(found.status, found.body ?? { detail: "on purpose" }, found.headers);
    const ends = tokens.get(request.headers.authorization?.replace(/^Bearer /, "") ?? "");
    try {
      if (call.operation.security === undefined && (ends === undefined || ends < Date.now()))
        throw new Refusal(401, "The token has expired");
      answered(200, answer(call));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { status, message } = error;
      answered(status, { status, title: "refused", detail: "The request was refused.", data: { message } });
    }
    state.afterCall(call);
  };
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(state, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

function listJobs(state: AirbyteServer, parameters: Call["parameters"]): unknown {
  const { connectionId, jobType, status, offset, limit } = parameters;
  // What Airbyte lists and orders by unless told.
  const types = jobType === undefined ? ["sync", "reset"] : [jobType];
  const [orderedBy, direction] = ((parameters["orderBy"] as string | undefined) ?? "createdAt|ASC").split("|");
  const times = {
    createdAt: (job: AirbyteJob): number => Date.parse(job.startTime),
    updatedAt: (job: AirbyteJob): number => Date.parse(job.lastUpdatedAt ?? job.startTime),
  };
  const isWithin = (job: AirbyteJob, name: keyof typeof times): boolean => {
    const [start = -Infinity, end = Infinity] = ["Start", "End"].map((edge) => timeOf(parameters[name + edge]));
    return times[name](job) >= start && times[name](job) <= end;
  };
  const found = [...state.jobs.values()].filter(
    (job) =>
      (connectionId === undefined || job.connectionId === connectionId) &&
      types.includes(job.jobType) &&
      (status === undefined || job.status === status) &&
      isWithin(job, "createdAt") &&
      isWithin(job, "updatedAt"),
  );
  const [sign, time] = [direction === "DESC" ? -1 : 1, times[orderedBy as keyof typeof times]];
  found.sort((a, b) => sign * (time(a) - time(b) || a.jobId - b.jobId));
  const [from, size] = [Number(offset), Math.min(Number(limit), state.pageLimit)];
  const data = found.slice(from, from + size).map(shown);
  const page = (offset: number): string => `https://internal.invalid/v1/jobs?limit=${size}&offset=${offset}`;
  // Airbyte names a next page behind every one that is not empty, also behind the last.
  return { data, next: data.length === 0 ? "" : page(from + size), previous: from === 0 ? "" : page(Math.max(from - size, 0)) };
}

function timeOf(parameter: unknown): number | undefined {
  return typeof parameter === "string" ? Date.parse(parameter) : undefined;
}

function hasEnded({ status }: AirbyteJob): boolean {
  return status === "succeeded" || status === "failed" || status === "cancelled";
}

/** Airbyte does not tell when a job was last updated before it has ended. */
function shown(job: AirbyteJob): AirbyteJob {
  return hasEnded(job) ? job : { ...job, lastUpdatedAt: undefined };
}
