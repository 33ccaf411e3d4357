/** Hides the values of secret environment variables in what leaves the machine. */
import { hideValues, writtenForms } from "@headgate/shared/domain/secret-variables.ts";

/** Hides secret values in text and in raw output. */
export interface Mask {
  /** False when there is nothing to hide. */
  readonly active: boolean;
  text(text: string): string;
  bytes(bytes: Buffer): Buffer;
}

/** A mask for these values, in every form in which they may be written. */
export function maskOf(values: readonly string[]): Mask {
  const secrets = writtenForms(values);
  const text = hideValues(values);
  if (secrets.length === 0) return { active: false, text, bytes: (bytes) => bytes };
  return {
    active: true,
    text,
    bytes: (bytes) => {
      const found = secrets.some((secret) => bytes.includes(secret));
      // Latin-1 keeps every byte as it is; a secret is compared in its UTF-8 bytes.
      return found ? maskBytes(bytes, secrets) : bytes;
    },
  };
}

/** A mask that learns further values while it is used. */
export interface GrowingMask extends Mask {
  hide(value: string): void;
}

export function growingMask(values: readonly string[]): GrowingMask {
  const known = new Set(values);
  let mask = maskOf([...known]);
  return {
    get active() {
      return mask.active;
    },
    text: (text) => mask.text(text),
    bytes: (bytes) => mask.bytes(bytes),
    hide: (value) => {
      if (value === "" || known.has(value)) return;
      known.add(value);
      mask = maskOf([...known]);
    },
  };
}

function maskBytes(bytes: Buffer, secrets: readonly string[]): Buffer {
  let text = bytes.toString("latin1");
  for (const secret of secrets) text = text.replaceAll(Buffer.from(secret).toString("latin1"), "*****");
  return Buffer.from(text, "latin1");
}
