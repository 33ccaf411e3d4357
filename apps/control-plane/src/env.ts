/** The Worker's bindings. */
import type { Deployment } from "./deployment/deployment.ts";

export interface Env {
  readonly DB: D1Database;
  readonly BUCKET: R2Bucket;
  readonly ASSETS: Fetcher;
  readonly DEPLOYMENT: DurableObjectNamespace<Deployment>;
  /** Authorizes POST /api/v1/bootstrap; a random secret of at least 32 characters. */
  readonly BOOTSTRAP_SECRET: string;
  /** Public address, e.g. `https://headgate.example.com`; empty: taken from the request. */
  readonly PUBLIC_URL: string;
  /** `1` in tests: answers of procedures are checked against their schemas. */
  readonly CHECK_ANSWERS?: string;
}
