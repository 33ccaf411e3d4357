/** The part of Node's `crypto` that the Worker uses; the runtime has it through `nodejs_compat`, and all of Node's types would bring its globals. */
declare module "node:crypto" {
  interface Hash {
    update(data: string): Hash;
    digest(encoding: "hex"): string;
  }
  export function createHash(algorithm: "sha256"): Hash;
}
