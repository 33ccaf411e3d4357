/** What each frame of an agent leads to. Parses once at the boundary; one command per frame. */
import { assertNever } from "@headgate/shared/assert.ts";
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import { type UpFrame, upFrameSchema } from "@headgate/shared/protocol/up.ts";
import { agentHello } from "./commands/agent-hello.ts";
import { agentDisconnected, changeSlots, startDraining } from "./commands/agent-state.ts";
import { recordBatch } from "./commands/record-batch.ts";
import type { Live } from "./live.ts";
import { type AgentAttachment, attach, closeQuietly, parseFrame, sendFrame } from "./sockets.ts";
import type { Turn } from "./turn.ts";

const KNOWN = new Set(["hello", "batch", "slots", "tail", "draining"] satisfies UpFrame["t"][]);

export interface AgentSocketPorts {
  commit<T>(command: (turn: Turn) => T): T;
  readonly live: Live;
  ignored(): void;
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
  if (frame.t === "hello") {
    if (attachment.instance !== null && attachment.instance !== frame.instance) {
      closeQuietly(socket, CLOSE.badFrame, "a connection is of one agent instance; connect again for another");
      return;
    }
    attach(socket, { ...attachment, instance: frame.instance });
    ports.commit((turn) =>
      agentHello(turn, { hello: frame, socket: attachment.socket, token: attachment.token, tokenName: attachment.tokenName }),
    );
    ports.live.resumeTails(frame.instance);
    return;
  }
  if (attachment.instance === null) {
    closeQuietly(socket, CLOSE.badFrame, "the first frame must be hello");
    return;
  }
  handle(frame, { instance: attachment.instance, socket: attachment.socket, ports });
}

function handle(
  frame: Exclude<UpFrame, { t: "hello" }>,
  from: { readonly instance: string; readonly socket: string; readonly ports: AgentSocketPorts },
): void {
  const { instance, socket, ports } = from;
  switch (frame.t) {
    case "batch":
      ports.commit((turn) => recordBatch(turn, { instance, socket, items: frame.items }));
      break;
    case "slots":
      ports.commit((turn) => changeSlots(turn, { instance, socket, slots: frame.slots }));
      break;
    case "tail":
      ports.live.forwardTail(instance, { run: frame.run, step: frame.step, stream: frame.stream, text: frame.text });
      break;
    case "draining":
      ports.commit((turn) => startDraining(turn, { instance, socket }));
      break;
    default:
      assertNever(frame);
  }
}

export function agentLeft(attachment: AgentAttachment, code: number | null, ports: AgentSocketPorts): void {
  const { instance, socket } = attachment;
  if (instance !== null) ports.commit((turn) => agentDisconnected(turn, { instance, socket, drained: code === CLOSE.drained }));
}
