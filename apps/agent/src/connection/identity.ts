/** The instance: under which name the control plane knows this agent process and the numbers of its reports. */
import { randomBytes } from "node:crypto";

export class Identity {
  readonly #make: () => string;
  #instance: string;
  /** Proves that the instance is ours when the token changes. */
  readonly key = randomBytes(32).toString("hex");

  /** `resumed`: the instance of an earlier process whose attempts this one continues. */
  constructor(make: () => string, resumed: string | null) {
    this.#make = make;
    this.#instance = resumed ?? make();
  }

  get instance(): string {
    return this.#instance;
  }

  renew(): string {
    this.#instance = this.#make();
    return this.#instance;
  }
}
