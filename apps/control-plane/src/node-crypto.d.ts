/** The part of Node's `crypto` that the Worker uses; the runtime has it through `nodejs_compat`, and all of Node's types would bring its globals. */
declare module "node:crypto" {
  interface Hash {
    update(data: string): Hash;
    digest(encoding: "hex"): string;
  }
  export function createHash(algorithm: "sha256"): Hash;

  interface Hmac {
    update(data: string): Hmac;
    digest(): Uint8Array<ArrayBuffer>;
  }
  export function createHmac(algorithm: "sha256", key: Uint8Array): Hmac;
  /** Throws if the lengths differ. */
  export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean;
}
