/** Web streams from async iterables. */
import { ReadableStream as NodeStream } from "node:stream/web";

export function streamOf(parts: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  // The same class, but where the types of a browser are loaded, its global type and Node's differ.
  const stream: unknown = NodeStream.from(parts);
  return stream as ReadableStream<Uint8Array>;
}
