/** Notices that an attempt reports nothing any more: no event, no log line, no output. */

/** A running limit for silence. */
export interface IdleWatch {
  /** The attempt reported something: its limit begins again. */
  sign(): void;
  stop(): void;
}

/** Uses one timer that checks how long ago the last report was, because reports may come by the thousand. */
export function watchIdle(seconds: number | undefined, input: { readonly now: () => number; readonly idle: () => void }): IdleWatch {
  if (seconds === undefined) return { sign: () => {}, stop: () => {} };
  const limit = Math.min(seconds * 1000, 2 ** 31 - 1);
  let last = input.now();
  let stopped = false;
  let timer = setTimeout(look, limit);
  const left = (): number => limit - (input.now() - last);
  function look(): void {
    if (left() > 0) timer = setTimeout(look, left());
    // Signs that came while this process was busy are handled first.
    else
      setImmediate(() => {
        if (stopped) return;
        if (left() <= 0) input.idle();
        else look();
      });
  }
  return {
    sign: () => {
      last = input.now();
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
