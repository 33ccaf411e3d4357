/**
 * The layer table: which folder may import which. It is the drawing of docs/architecture.md in a form that the linter enforces.
 * `from` and `to` are path prefixes below the repository root; the longest matching `from` counts. Packages outside the
 * repository are not restricted here, except where `packages` lists the only ones allowed. `types`: additional folders of which only
 * types may be imported.
 */
export const LAYERS = [
  {
    from: "packages/shared/src/domain",
    to: ["packages/shared/src/domain"],
    packages: [],
  },
  { from: "packages/shared/src/manifest", to: ["packages/shared/src"], packages: ["zod"] },
  { from: "packages/shared/src/protocol", to: ["packages/shared/src"], packages: ["zod"] },
  { from: "packages/shared/src/api", to: ["packages/shared/src"], packages: ["zod"] },
  { from: "packages/shared", to: ["packages/shared"] },
  { from: "packages/sdk", to: ["packages/sdk", "packages/shared/src"] },
  { from: "packages/cli", to: ["packages/cli", "packages/sdk/src", "packages/shared/src"], types: ["apps/control-plane/src/trpc"] },
  {
    from: "apps/control-plane/src/deployment/store",
    to: [
      "apps/control-plane/src/deployment/store",
      "apps/control-plane/src/deployment/schema.ts",
      "apps/control-plane/src/deployment/automation-schema.ts",
      "packages/shared/src",
    ],
    types: ["apps/control-plane/src/deployment/rpc.ts"],
  },
  { from: "apps/control-plane/src/directory", to: ["apps/control-plane/src/directory", "packages/shared/src"] },
  { from: "apps/control-plane", to: ["apps/control-plane", "packages/shared/src"] },
  { from: "apps/agent", to: ["apps/agent", "packages/shared/src"] },
  // Only the entry, bin.ts, chooses an executor.
  {
    from: "apps/agent/src/main.ts",
    to: [...agentFolders("connection", "work", "logs", "versions", "agent-handle.ts"), "apps/agent/src/executors/executor.ts"],
  },
  {
    from: "apps/agent/src/work",
    to: [...agentFolders("work", "connection", "logs"), "apps/agent/src/executors/executor.ts", "apps/agent/test"],
  },
  { from: "apps/agent/src/connection", to: agentFolders("connection", "logs") },
  { from: "apps/agent/src/executors", to: [...agentFolders("executors", "logs", "versions"), "apps/agent/test"] },
  { from: "apps/agent/src/logs", to: [...agentFolders("logs", "versions"), "apps/agent/src/connection/backoff.ts"] },
  { from: "apps/agent/src/versions", to: agentFolders("versions") },
  { from: "apps/web", to: ["apps/web", "packages/shared/src"], types: ["apps/control-plane/src/trpc"] },
  { from: "examples", to: ["examples", "packages/sdk/src"] },
];

/** Workspace package name -> folder that its subpaths point into. */
export const WORKSPACES = {
  "@headgate/shared": "packages/shared/src",
  "@headgate/sdk": "packages/sdk/src",
  "@headgate/cli": "packages/cli/src",
  "@headgate/agent": "apps/agent/src",
  "@headgate/control-plane": "apps/control-plane/src/trpc",
  "@headgate/web": "apps/web/src",
};

/** The folders of the agent with these names, and the files that all of them use. */
function agentFolders(...names) {
  const shared = ["agent-log.ts", "config.ts", "instance-folder.ts", "step-ref.ts", "timing.ts"];
  return [...shared, ...names].map((name) => `apps/agent/src/${name}`).concat("packages/shared/src");
}
