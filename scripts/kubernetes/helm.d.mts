/** Types of `helm.mjs` for tests in TypeScript. */
export function ensureHelm(onProgress?: (line: string) => void): Promise<string>;
