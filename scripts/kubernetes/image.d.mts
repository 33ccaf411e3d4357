/** Types of `image.mjs` for tests in TypeScript. */
export function buildAgentImage(options: {
  readonly out: string;
  readonly base?: string;
  readonly onProgress?: (line: string) => void;
}): Promise<{
  /** The OCI folder with its tag. */
  readonly oci: string;
  /** The unpacked root file system; `config.json` beside it says how to run it. */
  readonly root: string;
}>;
