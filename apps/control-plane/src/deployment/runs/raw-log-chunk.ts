/** A chunk of the raw output of a step attempt; its bytes are in R2. */

export interface LogAttempt {
  readonly run: string;
  readonly step: string;
  readonly attempt: number;
}

export interface RawLogChunk extends LogAttempt {
  readonly stream: "stdout" | "stderr";
  readonly chunk: number;
  /** The number of bytes before this chunk; `bytes` is the number in it. */
  readonly offset: number;
  readonly bytes: number;
  readonly final: boolean;
  /** R2 key of the gzip body. */
  readonly key: string;
}

export interface RawLogQuery {
  readonly run: string;
  readonly step: string;
  readonly attempt: number;
  readonly stream: "stdout" | "stderr";
  readonly offset: number;
}
