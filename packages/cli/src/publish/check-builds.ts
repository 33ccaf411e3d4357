/** Applies the rules of publishing to what was built, before anything is sent, and warns of dependencies that look like a typo. */
import { nearestKeys } from "@headgate/shared/domain/asset-key.ts";
import type { ErrorBody } from "@headgate/shared/domain/errors.ts";
import type { GraphAsset } from "@headgate/shared/domain/run/plan-types.ts";
import { checkBeside } from "@headgate/shared/manifest/beside-rules.ts";
import { checkManifest } from "@headgate/shared/manifest/publish-rules.ts";
import type { LoadError, Manifest } from "@headgate/shared/manifest/schema.ts";
import type { BuildResult } from "./build-location.ts";
import { completeProblem } from "./problems.ts";

export function checkBuilds(builds: readonly BuildResult[], root: string): readonly BuildResult[] {
  const keys = new Set(builds.flatMap((build) => (build.ok ? build.location.manifest.assets.map(({ key }) => key) : [])));
  return builds.map((build) => {
    if (!build.ok) return build;
    const { manifest } = build.location;
    const checked = checkManifest(manifest);
    if (!checked.ok) return refused(build, checked.error, root);
    const warnings = [...build.location.warnings, ...unknownDeps(manifest, keys)];
    return { ok: true, location: { ...build.location, warnings } };
  });
}

/**
 * The locations of one project see each other, as in a deployment: each is compared with those before it. When they are published, the
 * control plane decides, because it knows which of two locations already has a key.
 */
export function checkTogether(builds: readonly BuildResult[], root: string): readonly BuildResult[] {
  const before: GraphAsset[] = [];
  return builds.map((build) => {
    if (!build.ok) return build;
    const assets = build.location.manifest.assets.map((asset) => ({ ...asset, location: build.location.name }));
    const checked = checkBeside(assets, before);
    if (!checked.ok) return refused(build, checked.error, root);
    before.push(...assets);
    return build;
  });
}

function refused({ location }: Extract<BuildResult, { ok: true }>, error: ErrorBody, root: string): BuildResult {
  const problem = completeProblem(problemOf(error, location.manifest), { root, bundleFolder: root });
  return { ok: false, name: location.name, problems: [problem] };
}

/** At the place of the definition that the refusal names. */
export function problemOf({ message, details }: Pick<ErrorBody, "message" | "details">, manifest: Manifest): LoadError {
  const named = (name: string): string | undefined => {
    const value = details?.[name];
    return typeof value === "string" ? value : undefined;
  };
  const automations = [...manifest.schedules, ...manifest.sensors];
  const source =
    automations.find(({ name }) => name === (named("schedule") ?? named("automation")))?.source ??
    manifest.jobs.find(({ name }) => name === named("job"))?.source ??
    manifest.assets.find(({ key }) => key === (named("asset") ?? named("check")?.split(":")[0]))?.source;
  return { kind: "invalid_definition", message, ...source };
}

/** A key that nothing defines is an external asset. One that is nearly the key of a defined asset is probably a typo. */
function unknownDeps(manifest: Manifest, keys: ReadonlySet<string>): string[] {
  return manifest.assets.flatMap(({ key, deps, source }) =>
    deps.flatMap((dep) => {
      const nearest = keys.has(dep.key) ? undefined : [...keys].find((other) => other !== key && isTypoOf(dep.key, other));
      if (nearest === undefined) return [];
      const place = source ? `${source.file}:${source.line}: ` : "";
      return [
        `${place}asset "${key}" depends on "${dep.key}", which nothing here defines. Did you mean ${nearest}? If another system makes it, define it with defineSourceAsset({ key: "${dep.key}" }).`,
      ];
    }),
  );
}

/** Shorter names are similar by chance, and names that differ in digits are a series. */
const MIN_LENGTH = 4;

/** Whether a person who wrote one key probably meant the other: one segment is off by a few letters, or dots stand for slashes. */
function isTypoOf(written: string, key: string): boolean {
  const [own, other] = [written, key].map((text) => text.toLowerCase().replaceAll(".", "/").split("/"));
  if (own === undefined || other === undefined || own.length !== other.length) return false;
  const different = own.flatMap((segment, index) => (segment === other[index] ? [] : [[segment, other[index] ?? ""] as const]));
  const [pair, second] = different;
  if (pair === undefined) return true;
  if (second !== undefined || pair.some((segment) => segment.length < MIN_LENGTH)) return false;
  const [left, right] = pair.map((segment) => segment.replaceAll(/\d+/g, "#"));
  return left !== right && nearestKeys(pair[0], [pair[1]], 1).length > 0;
}
