/** Finds run ids in a sentence. Pure. */
export interface SentencePart {
  readonly text: string;
  readonly isRun: boolean;
}

const RUN_ID = /([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12})/;

export function splitRunIds(sentence: string): SentencePart[] {
  return sentence
    .split(RUN_ID)
    .map((text, index) => ({ text, isRun: index % 2 === 1 }))
    .filter(({ text }) => text !== "");
}
