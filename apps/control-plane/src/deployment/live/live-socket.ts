/** Parses each frame of a dashboard and passes it on. */
import { type LiveUp, liveUpSchema } from "@headgate/shared/contract/live/messages.ts";
import type { Live } from "./live.ts";
import { closeQuietly, type LiveAttachment, parseFrame, sendFrame } from "../kernel/sockets.ts";

const KNOWN: ReadonlySet<string> = new Set<LiveUp["t"]>(["hello", "watch", "tail"]);

export function receiveFromDashboard(
  socket: WebSocket,
  input: { readonly attachment: LiveAttachment; readonly message: string | ArrayBuffer; readonly live: Live },
): void {
  const parsed = parseFrame(input.message, { schema: liveUpSchema, known: KNOWN });
  if (parsed.type === "frame") input.live.receive(socket, input.attachment, parsed.frame);
  if (parsed.type !== "bad") return;
  sendFrame(socket, { t: "error", message: parsed.message });
  closeQuietly(socket, parsed.code, parsed.message);
}
