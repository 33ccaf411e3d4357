/**
 * The layer table: which code may import which. It is the drawing of docs/architecture.md in a form that the linter enforces.
 *
 * `package`   its files import each other and what `imports` names; of what `types` names, only types.
 * `floors`    the rooms of its `src`, from the lowest floor to the highest. A room is a folder or file; the longest match counts, and "."
 *             is everything that no other room holds. A room imports itself and the floors below, never a floor above, types included,
 *             and on its own floor only what `beside` names.
 * A room may say more: `packages` are the only npm packages that it may import, `only` the only rooms below, `types` rooms of which it may
 * import types although they are not below. A room with `planned` may still be missing from the tree.
 */
const SHARED = "packages/shared/src";
const ROUTER_TYPES = "apps/control-plane/src/trpc";

/** The rooms of a deployment, lowest first: vocabulary, kernel, then one room per subject. */
const DEPLOYMENT = [
  "timer-kinds.ts",
  "facts.ts",
  "kernel",
  "outbox",
  "partitions",
  "agents",
  "catalog",
  "assets",
  "runs",
  "queue",
  "run-pages",
  "backfills",
  "retries",
  "ticks",
  "schedules",
  "sensors",
  "webhooks",
  "automations",
  "conditions",
  "switches",
  "asset-pages",
  "dry-run",
  "live",
  "home",
  "agent-protocol",
];

export const PACKAGES = [
  {
    package: "packages/shared",
    floors: [
      ["ids.ts", "format/duration.ts", "format/number.ts", "format/time.ts"],
      [{ room: "domain", packages: [] }],
      [{ room: "net", planned: true }],
      ["automation", "metadata", "names"].map((part) => ({ room: `manifest/${part}.ts`, packages: ["zod"] })),
      [{ room: "sensor", packages: ["zod"] }],
      [{ room: "manifest", packages: ["zod"] }],
      [{ room: "protocol", packages: ["zod"], tests: ["contract", "live"] }],
      [{ room: "contract", packages: ["zod"] }],
      [{ room: "format", planned: true }],
      [{ room: "live", planned: true }],
      [{ room: "files", only: [] }],
      ["testing"],
    ],
  },
  {
    package: "packages/sdk",
    imports: [SHARED],
    floors: [
      ["options", "version.ts"],
      ["values"],
      ["definitions"],
      ["automation"],
      ["code-location.ts"],
      ["runtime"],
      ["config"],
      ["client"],
      ["testing"],
      ["integrations"],
      ["index.ts"],
    ],
  },
  { package: "packages/cli", imports: ["packages/sdk/src", SHARED], types: [ROUTER_TYPES] },
  {
    package: "apps/control-plane",
    imports: [SHARED],
    floors: [
      [{ room: "directory", only: [] }],
      // A fast test of a room may use every room, and the deployment that tests run in Node.
      ...DEPLOYMENT.map((room) => [
        { room: `deployment/${room}`, tests: [...DEPLOYMENT.map((other) => `deployment/${other}`), "deployment", "testing"] },
      ]),
      [{ room: "deployment", tests: ["testing"] }],
      ["testing"],
      ["."],
    ],
  },
  {
    package: "apps/agent",
    imports: [SHARED],
    floors: [
      ["agent-log.ts", "timing.ts", "step-ref.ts", "config.ts"],
      ["agent-token.ts"],
      ["versions"],
      ["logs"],
      ["instance-folder.ts"],
      ["executors/executor.ts"],
      ["connection"],
      ["work"],
      ["agent-handle.ts"],
      ["health"],
      ["main.ts"],
      ["executors"],
      ["."],
    ],
  },
  { package: "apps/web", imports: [SHARED], types: [ROUTER_TYPES], floors: [["app.css", { room: "lib", tests: ["routes"] }], ["."]] },
  { package: "examples", imports: ["packages/sdk/src"] },
];

/** Workspace package name -> folder that its subpaths point into. */
export const WORKSPACES = {
  "@headgate/shared": SHARED,
  "@headgate/sdk": "packages/sdk/src",
  "@headgate/cli": "packages/cli/src",
  "@headgate/agent": "apps/agent/src",
  "@headgate/control-plane": ROUTER_TYPES,
  "@headgate/web": "apps/web/src",
};
