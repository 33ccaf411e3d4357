/** The processes of a container, read from /proc. */
import { readFileSync } from "node:fs";

const PAGE_BYTES = 4096;

/** A process and all that it started, parents first. */
export function tree(pid) {
  return [pid, ...children(pid).flatMap(tree)];
}

function children(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return text === "" ? [] : text.split(" ").map(Number);
  } catch {
    return [];
  }
}

/** Bytes in memory; 0 when the process is gone. */
export function residentBytes(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * PAGE_BYTES;
  } catch {
    return 0;
  }
}

/** A process that is gone is no error. */
export function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // It ended meanwhile.
  }
}
