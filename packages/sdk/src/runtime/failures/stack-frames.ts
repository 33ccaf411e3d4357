/** Reads the places in a stack trace and marks those in the user's own code. */
import { fileURLToPath } from "node:url";
import type { StackFrame } from "@headgate/shared/domain/run/failure.ts";
import { captureSite } from "../../options/definition-site.ts";

const FRAME = /^\s*at (?:(?:async )?(.*?) \()?((?:file:\/\/|node:|\/|[A-Za-z]:[\\/]).*?):(\d+):(\d+)\)?$/;
const MAX_FRAMES = 100;

/** This file as stack traces name it: the source where maps are followed, otherwise the built chunk. */
const OWN_PLACE = /^(.*\/)(?:src\/runtime\/failures\/stack-frames\.ts|dist\/(?:[^/]+\/)*[^/]+\.js)$/;

/** The folder of this package, so that its own frames can be folded. Undefined inside a bundle without source maps. */
const sdkFolder = OWN_PLACE.exec(ownFile())?.[1];

function ownFile(): string {
  const inner = () => captureSite(inner);
  return inner()?.file.replaceAll("\\", "/") ?? "";
}

export function parseFrames(stack: string): StackFrame[] {
  const frames: StackFrame[] = [];
  for (const line of stack.split("\n")) {
    const match = FRAME.exec(line);
    if (!match) continue;
    const [, name, place = "", row = "0", column = "0"] = match;
    const file = place.startsWith("file://") ? fileURLToPath(place) : place;
    frames.push({
      file,
      line: Number(row),
      column: Number(column),
      ...(name !== undefined && name !== "" && { function: name }),
      user: isUserFile(file),
    });
    if (frames.length === MAX_FRAMES) break;
  }
  return frames;
}

function isUserFile(file: string): boolean {
  const path = file.replaceAll("\\", "/");
  if (path.startsWith("node:") || path.includes("/node_modules/")) return false;
  return sdkFolder === undefined || !(path.startsWith(`${sdkFolder}src/`) || path.startsWith(`${sdkFolder}dist/`));
}
