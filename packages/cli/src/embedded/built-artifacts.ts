/** Finds the built control plane, dashboard and agent: beside the packed CLI, or in the apps of the repository. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { AppError } from "@headgate/shared/domain/errors.ts";

export interface BuiltArtifacts {
  readonly worker: string;
  readonly migrations: string;
  readonly web: string;
  readonly agent: string;
}

export function findBuiltArtifacts(): BuiltArtifacts {
  const here = dirname(fileURLToPath(import.meta.url));
  const packed = layout((part) => join(here, part));
  if (existsSync(packed.worker)) return requireAll(packed);
  // packages/cli/src/embedded or packages/cli/dist -> the repository
  const repository = import.meta.url.endsWith(".ts") ? join(here, "../../../..") : join(here, "../../..");
  return requireAll({
    worker: join(repository, "apps/control-plane/dist/worker.js"),
    migrations: join(repository, "apps/control-plane/dist/migrations/d1"),
    web: join(repository, "apps/web/build"),
    agent: join(repository, "apps/agent/dist/agent.js"),
  });
}

function layout(at: (part: string) => string): BuiltArtifacts {
  return {
    worker: at("control-plane/worker.js"),
    migrations: at("control-plane/migrations/d1"),
    web: at("web"),
    agent: at("agent/agent.js"),
  };
}

function requireAll(artifacts: BuiltArtifacts): BuiltArtifacts {
  const missing = Object.values(artifacts).filter((path: string) => !existsSync(path));
  if (missing.length === 0) return artifacts;
  throw new AppError(
    "invalid_input",
    `Built parts of headgate are missing: ${missing.join(", ")}. In the repository run \`npm run build\`; otherwise install @headgate/cli again.`,
  );
}
