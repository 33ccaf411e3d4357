/** The two streams of raw output that a step writes. */
export type OutputStream = "stdout" | "stderr";
