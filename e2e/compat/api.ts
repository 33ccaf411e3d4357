/**
 * Calls procedures by their names on the wire, without today's client: the control plane of another release may have other names and types.
 * Only fields that the tests look at are described here.
 */
export interface Address {
  readonly url: string;
  readonly token: string;
  readonly deployment: { readonly org: string; readonly name: string };
}

export interface Page<T> {
  readonly items: readonly T[];
}
export interface Run {
  readonly id: string;
  readonly status: string;
  readonly job: string | null;
  readonly selection: string;
  readonly partition: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly trigger: Readonly<Record<string, unknown>> & { readonly type: string };
  readonly parent: string | null;
  readonly backfill: string | null;
  readonly createdAt: number;
  readonly endedAt: number | null;
  readonly materialized: number;
  readonly error: string | null;
  readonly lastSeq: number;
}
export interface Step {
  readonly key: string;
  readonly status: string;
  readonly attempt: number;
}
export interface RunEvent {
  readonly seq: number;
  readonly event: { readonly type: string; readonly message?: string };
}
export interface Automation {
  readonly automation: { readonly enabled: boolean; readonly pendingEvents: number; readonly lastTick: { readonly state: string } | null };
  readonly cursor: string | null;
  readonly hook: { readonly path: string | null; readonly secrets: readonly unknown[] } | null;
}

export class CompatApi {
  readonly #address: Address;

  constructor(address: Address) {
    this.#address = address;
  }

  /** A query. */
  async ask<T>(name: string, input?: unknown): Promise<T> {
    const query = input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`;
    return this.#answer<T>(await fetch(`${this.#base}/${name}${query}`, { headers: this.#headers }));
  }

  /** A mutation. */
  async tell<T>(name: string, input: unknown): Promise<T> {
    return this.#answer<T>(await fetch(`${this.#base}/${name}`, { method: "POST", headers: this.#headers, body: JSON.stringify(input) }));
  }

  async launch(target: Readonly<Record<string, unknown>>): Promise<string> {
    return (await this.tell<{ readonly id: string }>("runs.launch", { target })).id;
  }

  async run(id: string): Promise<{ readonly run: Run; readonly steps: readonly Step[] }> {
    return this.ask("runs.get", { run: id });
  }

  async runs(): Promise<readonly Run[]> {
    return (await this.ask<Page<Run>>("runs.list", { limit: 200 })).items;
  }

  async events(run: string): Promise<readonly RunEvent[]> {
    const answer = await this.ask<{ readonly events: readonly RunEvent[] }>("runs.events", { run });
    return answer.events;
  }

  async automation(kind: "schedule" | "sensor", name: string): Promise<Automation> {
    return this.ask("automations.get", { location: "compat", kind, name });
  }

  async tickNow(kind: "schedule" | "sensor", name: string): Promise<void> {
    await this.tell("automations.tickNow", { location: "compat", kind, name });
  }

  get #base(): string {
    const { url, deployment } = this.#address;
    return `${url}/api/${deployment.org}/${deployment.name}/trpc`;
  }

  get #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.#address.token}`, "content-type": "application/json" };
  }

  async #answer<T>(response: Response): Promise<T> {
    const body = (await response.json()) as { readonly result?: { readonly data: T }; readonly error?: { readonly message?: string } };
    if (body.result === undefined) throw new Error(`${response.url} answered ${response.status}: ${JSON.stringify(body.error)}`);
    return body.result.data;
  }
}
