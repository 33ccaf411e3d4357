/** Finds the assets whose checks a dbt test is. Pure. */
import { createHash } from "node:crypto";
import { MAX_CHECK_NAME } from "@headgate/shared/manifest/names.ts";
import type { DbtManifest, DbtManifestNode } from "../graph/dbt-manifest.ts";
import { metaOption, nodeOf } from "../graph/dbt-node.ts";
import { assetParents } from "./parents.ts";

/** Data tests and unit tests. */
export function testsOf(manifest: DbtManifest): DbtManifestNode[] {
  return [...Object.values(manifest.nodes), ...Object.values(manifest.unit_tests)].filter(
    (node) => node.resource_type === "test" || node.resource_type === "unit_test",
  );
}

/**
 * Unique ids of models, seeds, snapshots or sources. A generic or unit test belongs to its node, a singular test to what it reads, or to
 * the one that `meta.headgate.ref` names. What is no asset (an ephemeral model) is represented by the assets it reads. Where it reads
 * models and sources, only the models count, because they are made here.
 */
export function homesOf(manifest: DbtManifest, test: DbtManifestNode): string[] {
  const nodes = assetParents(manifest, { depends_on: { nodes: attachedTo(test) } });
  const built = nodes.filter((id) => id in manifest.nodes);
  return built.length > 0 ? built : nodes;
}

function attachedTo(test: DbtManifestNode): string[] {
  if (test.attached_node) return [test.attached_node];
  const parents = test.depends_on?.nodes ?? [];
  if (test.resource_type === "unit_test") return parents.slice(0, 1);
  const named = metaOption(nodeOf(test), "ref");
  const ref =
    typeof named === "string" ? named : named !== null && typeof named === "object" && "name" in named ? String(named.name) : undefined;
  const chosen = ref === undefined ? undefined : parents.find((parent) => parent.split(".").includes(ref));
  return chosen === undefined ? [...parents] : [chosen];
}

const HASH_LENGTH = 8;

/** The test's own name; of one that is too long or taken (tests of two packages) the end says which one it is, whatever others there are. */
export function checkName(test: DbtManifestNode, taken: (name: string) => boolean): string {
  if (test.name.length <= MAX_CHECK_NAME && !taken(test.name)) return test.name;
  const hash = createHash("sha256").update(test.unique_id).digest("hex").slice(0, HASH_LENGTH);
  return `${test.name.slice(0, MAX_CHECK_NAME - HASH_LENGTH - 1)}_${hash}`;
}
