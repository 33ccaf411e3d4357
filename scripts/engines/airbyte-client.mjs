/** Airbyte's own Python client, generated from the API description that Airbyte publishes. It needs pydantic, which comes with dbt. */
import { cachedFolder } from "./engine-cache.mjs";
import { installWheels } from "./engine-files.mjs";

const WHEELS = [
  { name: "airbyte-api", version: "1.0.1", sha256: ["edaad71bb9ed123f15cf9f91f78704b88d449584c734b14c4ec8c13ad435516f"] },
  { name: "anyio", version: "4.16.0", sha256: ["c66ae634e0b8228396b801741beb3294326d4b6102f7bba4041c0dfb58c29026"] },
  { name: "certifi", version: "2026.10.19.post1", sha256: ["1324c476b4811eff41a8bc2122cd0bbd4d9c7234c725446d99ab1612b3a7fdd2"] },
  { name: "h11", version: "0.16.0", sha256: ["63cf8bbe7522de3bf65932fda1d9c2772064ffb3dae62d55932da54b31cb6c86"] },
  { name: "httpcore", version: "1.0.9", sha256: ["2d400746a40668fc9dec9810239072b40b4484b640a8c38fd654a024c7a1bf55"] },
  { name: "httpx", version: "0.28.1", sha256: ["d909fcccc110f8c7faf814ca82a9a4d816bc5a6dbfea25d6591d6985b8ba59ad"] },
  { name: "idna", version: "3.20", sha256: ["ab7ae7122974553370f0bdb919e1a960b2cd1bc1ef0276416d896db81c14582c"] },
];

/** @returns {Promise<string>} a folder for PYTHONPATH */
export async function ensureAirbyteClient(onProgress = () => {}) {
  return await cachedFolder(`airbyte-api-${WHEELS[0].version}`, async (part) => {
    onProgress(`installing airbyte-api ${WHEELS[0].version}`);
    await installWheels("Airbyte's client", WHEELS, part);
  });
}
