/** Reports what is wrong with a partitions definition. */
import type { PartitionsDefinition } from "@headgate/shared/domain/partitions/definition.ts";
import { openTimePartitions } from "@headgate/shared/domain/partitions/time-window.ts";
import { assertNever } from "@headgate/shared/domain/assert.ts";

export function checkPartitions(definition: PartitionsDefinition, report: (message: string) => void): void {
  switch (definition.type) {
    case "time": {
      const opened = openTimePartitions(definition);
      if (!opened.ok) report(opened.error.message);
      return;
    }
    case "static":
      checkStatic(definition.keys, report);
      return;
    case "dynamic":
      if (definition.name === "") report("dynamic partitions need a name.");
      return;
    case "multi":
      if (definition.dimensions.length < 2) report("multi-dimensional partitions need at least two dimensions.");
      for (const { name, partitions } of definition.dimensions) checkDimension(name, partitions, report);
      return;
    default:
      assertNever(definition);
  }
}

function checkDimension(name: string, partitions: PartitionsDefinition, report: (message: string) => void): void {
  if (partitions.type === "multi")
    report(`dimension '${name}' is itself multi-dimensional; name all dimensions in one multiPartitions(...).`);
  else checkPartitions(partitions, (message) => report(`dimension '${name}': ${message}`));
}

function checkStatic(keys: readonly string[], report: (message: string) => void): void {
  if (keys.length === 0) report("static partitions need at least one key.");
  const seen = new Set<string>();
  for (const key of keys) {
    if (key === "") report("a partition key is empty.");
    else if (seen.has(key)) report(`the key '${key}' is listed twice.`);
    seen.add(key);
  }
}
