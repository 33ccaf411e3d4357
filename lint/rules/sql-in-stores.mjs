/** sql-in-stores: only stores and the kernel run SQL, so that a table is changed in one place. */
const HANDLES = new Set(["sql", "orm"]);

export const sqlInStores = {
  meta: { type: "problem" },
  create(context) {
    return {
      MemberExpression(node) {
        const { object, property } = node;
        const isDatabase = object.type === "Identifier" ? object.name === "db" : object.property?.name === "db";
        if (isDatabase && property.type === "Identifier" && HANDLES.has(property.name))
          context.report({ node, message: "run SQL in a store (`*-store.ts`) of the room" });
      },
    };
  },
};
