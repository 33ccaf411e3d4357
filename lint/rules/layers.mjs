/** layers: an import must stay within what lint/layers.mjs allows for the importing file's room. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { PACKAGES, WORKSPACES } from "../layers.mjs";
import { importViolation, packageViolation, readTable } from "../rooms.mjs";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const TABLE = readTable(PACKAGES);

/** The reason why `file` may not import `specifier`, or null. Paths are relative to the repository root. */
export function layerViolation(file, specifier, typeOnly) {
  const target = resolve(file, specifier);
  if (target !== null) return importViolation(TABLE, { file, target, typeOnly });
  return packageViolation(TABLE, file, specifier);
}

/** Repository path of a relative, '#lib' or workspace import; null for other packages. */
function resolve(file, specifier) {
  if (specifier.startsWith(".")) return path.posix.join(path.posix.dirname(file), specifier);
  if (specifier.startsWith("#lib/")) return path.posix.join("apps/web/src/lib", specifier.slice(5));
  for (const [name, folder] of Object.entries(WORKSPACES)) {
    if (specifier === name) return folder;
    if (specifier.startsWith(`${name}/`)) return path.posix.join(folder, specifier.slice(name.length + 1));
  }
  return null;
}

export const layers = {
  meta: { type: "problem" },
  create(context) {
    const file = path.relative(ROOT, context.filename).split(path.sep).join("/");
    if (/(^|\/)(test|dist|build)\//.test(file)) return {};
    const check = (node) => {
      if (!node.source) return;
      const specifiers = node.specifiers ?? [];
      const typeOnly =
        node.importKind === "type" ||
        node.exportKind === "type" ||
        (specifiers.length > 0 && specifiers.every((item) => item.importKind === "type"));
      const reason = layerViolation(file, node.source.value, typeOnly);
      if (reason) context.report({ node, message: reason });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: (node) => typeof node.source?.value === "string" && check(node),
      TSImportType: (node) => {
        const source = node.source ?? node.argument?.literal ?? node.argument;
        if (typeof source?.value === "string") check({ ...node, source, importKind: "type" });
      },
    };
  },
};
