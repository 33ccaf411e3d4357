/** Separates user frames from framework frames. Pure. */
export interface SplitStack {
  readonly user: readonly string[];
  readonly framework: readonly string[];
}

const FRAME = /^\s*at\s/;
/** Headgate's own frames contain its package name, or its folder when run from the repository. */
const FRAMEWORK = /node:|node_modules|@headgate\/|(?:packages|apps)\/(?:sdk|cli|agent)\/(?:src|dist)\//;

/** Drops the message lines above the frames; they are displayed elsewhere. */
export function splitStack(stack: string): SplitStack {
  const frames = stack
    .split("\n")
    .filter((line) => FRAME.test(line))
    .map((line) => line.trim());
  return { user: frames.filter((line) => !FRAMEWORK.test(line)), framework: frames.filter((line) => FRAMEWORK.test(line)) };
}
