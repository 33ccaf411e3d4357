/** The module `cloudflare:workers` in Node. */

export class DurableObject {
  readonly ctx: unknown;
  readonly env: unknown;

  constructor(ctx: unknown, env: unknown) {
    this.ctx = ctx;
    this.env = env;
  }
}

/** The bindings; `objects.ts` puts the deployments here, because they import this module. */
export const env: { DEPLOYMENT: unknown } = { DEPLOYMENT: null };
