/** In this repository the SDK is a linked folder and is bundled from its source. An installed SDK is bundled as it was published. */
import { existsSync, realpathSync } from "node:fs";
import { dirname, join, sep } from "node:path";

export function sdkConditions(root: string): string[] {
  for (let folder = root; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", "@headgate", "sdk");
    if (existsSync(candidate)) {
      const real = realpathSync(candidate);
      const linked = !real.includes(`${sep}node_modules${sep}`) && existsSync(join(real, "src"));
      return linked ? ["headgate-source", "node", "import"] : ["node", "import"];
    }
    if (dirname(folder) === folder) return ["node", "import"];
  }
}
