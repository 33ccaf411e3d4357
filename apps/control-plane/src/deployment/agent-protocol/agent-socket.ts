/** Parses each frame of an agent and runs one command for it. */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import { isTextTooDeep, isTooDeep, MAX_JSON_DEPTH } from "@headgate/shared/domain/json.ts";
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import { type UpFrame, type UpItem, upFrameSchema } from "@headgate/shared/protocol/up.ts";
import { agentHello } from "./agent-hello.ts";
import { podHello } from "./pod-hello.ts";
import { agentDisconnected, changeSlots, startDraining } from "./agent-state.ts";
import { leaveOut } from "./skip-item.ts";
import { recordBatch } from "./record-batch.ts";
import type { Live } from "../live/live.ts";
import { logError } from "../kernel/log-error.ts";
import { type AgentAttachment, attach, closeQuietly, parseFrame, sendFrame } from "../kernel/sockets.ts";
import type { Tx } from "../kernel/tx.ts";

const KNOWN = new Set(["hello", "batch", "slots", "tail", "draining"] satisfies UpFrame["t"][]);

export interface AgentSocketPorts {
  commit<T>(command: (tx: Tx) => T): T;
  readonly live: Live;
  ignored(): void;
  /** Counts reports about steps that the agent does not have. */
  unheld(count: number): void;
}

export function receiveFromAgent(
  socket: WebSocket,
  input: { readonly attachment: AgentAttachment; readonly message: string | ArrayBuffer; readonly ports: AgentSocketPorts },
): void {
  const { attachment, ports } = input;
  const parsed = parseFrame(input.message, { schema: upFrameSchema, known: KNOWN });
  if (parsed.type === "unknown") {
    ports.ignored();
    return;
  }
  if (parsed.type === "bad") {
    sendFrame(socket, { t: "error", code: parsed.code === CLOSE.tooLarge ? "too_large" : "invalid_input", message: parsed.message });
    closeQuietly(socket, parsed.code, parsed.message);
    return;
  }
  const { frame } = parsed;
  if (frame.t === "batch" && typeof input.message === "string" && isTextTooDeep(input.message) && attachment.instance !== null) {
    for (const item of frame.items) receiveItem({ instance: attachment.instance, socket: attachment.socket, ports }, item);
    return;
  }
  if (frame.t === "hello") {
    if (attachment.instance !== null && attachment.instance !== frame.instance) {
      closeQuietly(socket, CLOSE.badFrame, "a connection belongs to one agent instance; open another connection");
      return;
    }
    attach(socket, { ...attachment, instance: frame.instance });
    const input = { hello: frame, socket: attachment.socket, token: attachment.token, tokenName: attachment.tokenName };
    const attempt = attachment.attempt ?? null;
    ports.commit((tx) => (attempt === null ? agentHello(tx, input) : podHello(tx, { ...input, attempt })));
    ports.live.resumeTails(frame.instance);
    return;
  }
  if (attachment.instance === null) {
    closeQuietly(socket, CLOSE.badFrame, "the first frame must be hello");
    return;
  }
  handle(frame, { instance: attachment.instance, socket: attachment.socket, ports });
}

function handle(frame: Exclude<UpFrame, { t: "hello" }>, from: From): void {
  const { instance, socket, ports } = from;
  switch (frame.t) {
    case "batch":
      receiveBatch({ instance, socket, ports }, frame.items);
      break;
    case "slots":
      ports.commit((tx) => changeSlots(tx, { instance, socket, slots: frame.slots }));
      break;
    case "tail":
      ports.live.forwardTail(instance, { run: frame.run, step: frame.step, stream: frame.stream, text: frame.text });
      break;
    case "draining":
      ports.commit((tx) => startDraining(tx, { instance, socket }));
      break;
    default:
      assertNever(frame);
  }
}

interface From {
  readonly instance: string;
  readonly socket: string;
  readonly ports: AgentSocketPorts;
}

/** If a batch cannot be stored as a whole, its items are stored one by one and the bad one is skipped, so that it does not block the others. */
function receiveBatch({ instance, socket, ports }: From, items: readonly UpItem[]): void {
  try {
    ports.unheld(ports.commit((tx) => recordBatch(tx, { instance, socket, items })));
  } catch (error) {
    logError(`A batch of agent ${instance} could not be stored as a whole`, error);
    for (const item of items) receiveItem({ instance, socket, ports }, item);
  }
}

function receiveItem({ instance, socket, ports }: From, item: UpItem): void {
  if (isTooDeep(item)) {
    ports.commit((tx) => leaveOut(tx, { instance, socket, item, why: `it is nested more than ${MAX_JSON_DEPTH} levels deep.` }));
    return;
  }
  try {
    ports.unheld(ports.commit((tx) => recordBatch(tx, { instance, socket, items: [item] })));
  } catch (error) {
    logError(`Item ${item.s} (${item.k}) of agent ${instance} could not be stored`, error);
    ports.commit((tx) => leaveOut(tx, { instance, socket, item, why: "the control plane's log has the details." }));
  }
}

export function agentLeft(attachment: AgentAttachment, code: number | null, ports: AgentSocketPorts): void {
  const { instance, socket } = attachment;
  if (instance !== null) ports.commit((tx) => agentDisconnected(tx, { instance, socket, drained: code === CLOSE.drained }));
}
