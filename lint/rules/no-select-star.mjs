/** no-select-star: SQL lists its columns, so that a schema change cannot silently alter the shape of a result. */
const STAR = /\bselect\s+(?:distinct\s+)?(?:[a-z_]+\.)?\*/i;

export const noSelectStar = {
  meta: { type: "problem" },
  create(context) {
    const check = (node, text) => {
      if (STAR.test(text)) context.report({ node, message: "list the columns instead of SELECT *" });
    };
    return {
      Literal(node) {
        if (typeof node.value === "string") check(node, node.value);
      },
      TemplateElement(node) {
        check(node, node.value.raw);
      },
    };
  },
};
