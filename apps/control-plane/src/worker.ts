/** The Worker's entry: requests go to the routes, the Cron Trigger to the sweep, and the platform finds the durable object's class here. */
import { app } from "./http/app.ts";
import { sweep } from "./sweep.ts";
import type { Env } from "./env.ts";

export { Deployment } from "./deployment/deployment.ts";

export default {
  fetch: (request, env, context) => app.fetch(request, env, context),
  scheduled: (_controller, env) => sweep(env),
} satisfies ExportedHandler<Env>;
