/** What a Pipes program has reported so far: queued until the step yields it, and judged at the end of the program. */
import { MAX_JSON_DEPTH } from "@headgate/shared/domain/json.ts";
import type { Logger } from "../../values/log.ts";
import { checkResult, materialization } from "../../values/result.ts";
import { StepError } from "../../runtime/steps/step-error.ts";
import { assetKeyOf, plainPayload, readPipesLine, type PipesException, type PipesMessage } from "./pipes-message.ts";
import { pipesMetadata } from "./pipes-metadata.ts";
import { MAX_LINE_CHARACTERS } from "./message-file.ts";
import type { PipesOutput } from "./pipes-client.ts";

const MAX_WRONG_LINES = 20;

export class PipesReport {
  readonly #assets: readonly string[];
  readonly #log: Logger;
  readonly #onCustomMessage: ((payload: unknown) => void) | undefined;
  readonly #outputs: PipesOutput[] = [];
  readonly #reported = new Set<string>();
  readonly #wrong: string[] = [];
  #wrongCount = 0;
  #messages = 0;
  #wake: (() => void) | null = null;
  /** What went wrong in the program, by its own word. */
  exception: string | null = null;
  opened = false;
  closed = false;

  constructor(options: {
    readonly assets: readonly string[];
    readonly log: Logger;
    readonly onCustomMessage: ((payload: unknown) => void) | undefined;
  }) {
    this.#assets = options.assets;
    this.#log = options.log;
    this.#onCustomMessage = options.onCustomMessage;
  }

  get silent(): boolean {
    return this.#messages === 0;
  }

  /** The next output; null once the program has ended and everything was handed out. */
  async next(ended: Promise<unknown>): Promise<PipesOutput | null> {
    let over = false;
    const end = ended.then(
      () => void (over = true),
      () => void (over = true),
    );
    for (;;) {
      const output = this.#outputs.shift();
      if (output) return output;
      if (over) {
        await ended;
        return null;
      }
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await Promise.race([woken, end]);
    }
  }

  /** A line of the channel that is for messages alone. */
  takeMessageLine(line: string): void {
    const read = readPipesLine(line);
    if (read.kind === "message") this.#take(read.message);
    else if (read.kind === "deep") this.#noteTooDeep(line);
    else this.#noteWrong(read.kind === "wrong" ? read.why : "it is no Pipes message", line);
  }

  /** A line of a program's output, which may be a message. False: it is ordinary output. */
  takeOutputLine(line: string): boolean {
    const read = readPipesLine(line);
    if (read.kind === "text") return false;
    if (read.kind === "message") this.#take(read.message);
    else if (read.kind === "deep") this.#noteTooDeep(line);
    else this.#noteWrong(read.why, line);
    return true;
  }

  /** A message of this size cannot be read, and the work that it tells of is done all the same. */
  noteTooLong(beginning: string): void {
    this.#log.warn(
      `The program sent a line of more than ${MAX_LINE_CHARACTERS} characters, which is left out with what it reports: ${beginning.slice(0, 200)}`,
    );
  }

  #noteTooDeep(line: string): void {
    this.#log.warn(
      `The program sent a message that nests lists and objects more than ${MAX_JSON_DEPTH} levels deep, which is left out: ${line.slice(0, 200)}`,
    );
  }

  refuseWrongLines(): void {
    const [first] = this.#wrong;
    if (first === undefined) return;
    throw new StepError(
      "bad_output",
      `The program sent ${this.#wrongCount === 1 ? "a line" : `${this.#wrongCount} lines`} that cannot be understood as Pipes messages. The first: ${first}`,
    );
  }

  unreported(): string[] {
    return this.#assets.filter((asset) => !this.#reported.has(asset));
  }

  #noteWrong(why: string, line: string): void {
    this.#wrongCount++;
    if (this.#wrong.length < MAX_WRONG_LINES) this.#wrong.push(`${line.slice(0, 200)} (${why})`);
  }

  #take(message: PipesMessage): void {
    this.#messages++;
    switch (message.method) {
      case "opened":
        this.opened = true;
        break;
      case "closed":
        this.closed = true;
        this.exception = exceptionText(message.params?.exception);
        break;
      case "log":
        this.#log[levelOf(message.params.level)](message.params.message);
        break;
      case "log_external_stream":
        (message.params.stream === "stdout" ? process.stdout : process.stderr).write(message.params.text);
        break;
      case "report_asset_materialization": {
        const { asset_key: key, data_version: version, metadata } = message.params;
        const asset = this.#assetOf(key);
        if (asset === null) break;
        this.#reported.add(asset);
        const dataVersion = version ?? undefined;
        this.#add(materialization({ asset, metadata: pipesMetadata(metadata), ...(dataVersion !== undefined && { dataVersion }) }));
        break;
      }
      case "report_asset_check": {
        const { asset_key: key, check_name: name, passed, severity, metadata } = message.params;
        const asset = this.#assetOf(key);
        if (asset === null) break;
        this.#add(
          checkResult({ asset, name, passed, severity: severity === "WARN" ? "warn" : "error", metadata: pipesMetadata(metadata) }),
        );
        break;
      }
      case "report_custom_message":
        this.#onCustomMessage?.(plainPayload(message.params.payload));
        break;
      default:
        message satisfies never;
    }
  }

  #assetOf(key: string | null | undefined): string | null {
    if (key !== null && key !== undefined) return assetKeyOf(key);
    const [only, second] = this.#assets;
    if (only !== undefined && second === undefined) return only;
    this.#noteWrong(`it names no asset, and the step has ${this.#assets.length}`, "a report");
    return null;
  }

  #add(output: PipesOutput): void {
    this.#outputs.push(output);
    this.#wake?.();
  }
}

function levelOf(level: string): "debug" | "info" | "warn" | "error" {
  switch (level.toUpperCase()) {
    case "DEBUG":
      return "debug";
    case "WARNING":
      return "warn";
    case "ERROR":
    case "CRITICAL":
      return "error";
    default:
      return "info";
  }
}

function exceptionText(exception: PipesException | null | undefined): string | null {
  if (!exception) return null;
  const head = [exception.name, exception.message].filter((part) => part !== null && part !== undefined && part !== "").join(": ");
  const stack = (exception.stack ?? []).join("").trimEnd();
  const cause = exceptionText(exception.cause);
  return [head === "" ? "the program failed" : head, stack, cause === null ? "" : `caused by ${cause}`]
    .filter((part) => part !== "")
    .join("\n");
}
