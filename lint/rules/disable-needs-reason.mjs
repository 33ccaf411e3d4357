/** disable-needs-reason: `oxlint-disable... -- why` must say why, and type checks are never switched off without `@ts-expect-error why`. */
export const disableNeedsReason = {
  meta: { type: "problem" },
  create(context) {
    return {
      Program() {
        for (const comment of context.sourceCode.getAllComments()) {
          const text = comment.value.trim();
          if (/^(eslint|oxlint)-disable/.test(text) && !/\s--\s+\S/.test(text))
            context.report({ loc: comment.loc, message: "say why after ` -- `" });
          if (/^@ts-(ignore|nocheck)/.test(text)) context.report({ loc: comment.loc, message: "use @ts-expect-error with a reason" });
        }
      },
    };
  },
};
