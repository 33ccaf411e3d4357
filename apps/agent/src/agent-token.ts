/** The agent token over its changes: a file may get another one at any time, and what was a token once stays hidden in logs. */
import type { Result } from "@headgate/shared/domain/errors.ts";
import { readToken, type TokenSource } from "./config.ts";

export class AgentToken {
  readonly #source: TokenSource;
  readonly #hide: (token: string) => void;
  #used: string | null = null;

  /** `hide` is called with each token before it is used. */
  constructor(source: TokenSource, hide: (token: string) => void = () => undefined) {
    this.#source = source;
    this.#hide = hide;
  }

  /** Reads the token for a new connection. */
  next(): Result<string> {
    const token = readToken(this.#source);
    if (token.ok) this.#use(token.value);
    return token;
  }

  /** The token of the last connection: requests beside the socket belong to the same one. */
  current(): Result<string> {
    return this.#used === null ? this.next() : { ok: true, value: this.#used };
  }

  /** The file has another token than the last connection. */
  get isReplaced(): boolean {
    const token = readToken(this.#source);
    return token.ok && token.value !== this.#used;
  }

  #use(token: string): void {
    if (token === this.#used) return;
    this.#hide(token);
    this.#used = token;
  }
}
