/** Which lines of a stack trace are the person's own? Pure. */
export interface SplitStack {
  readonly user: readonly string[];
  readonly framework: readonly string[];
}

const FRAME = /^\s*at\s/;
/** Headgate's own frames have a package's name, or its folder where the repository itself is at work. */
const FRAMEWORK = /node:|node_modules|@headgate\/|(?:packages|apps)\/(?:sdk|cli|agent)\/(?:src|dist)\//;

/** The message lines above the frames are shown elsewhere and left out. */
export function splitStack(stack: string): SplitStack {
  const frames = stack
    .split("\n")
    .filter((line) => FRAME.test(line))
    .map((line) => line.trim());
  return { user: frames.filter((line) => !FRAMEWORK.test(line)), framework: frames.filter((line) => FRAMEWORK.test(line)) };
}
