/** no-ambient-time: pure code gets the time, randomness and timers as arguments; used for domain/ and commands/ by the overrides. */
const CALLS = new Set(["Date.now", "Math.random", "performance.now", "crypto.randomUUID", "crypto.getRandomValues"]);
const GLOBALS = new Set(["setTimeout", "setInterval", "queueMicrotask", "fetch"]);

export const noAmbientTime = {
  meta: { type: "problem" },
  create(context) {
    if (/\.test(-support)?\.ts$/.test(context.filename)) return {};
    return {
      NewExpression(node) {
        if (node.callee.type === "Identifier" && node.callee.name === "Date" && node.arguments.length === 0)
          context.report({ node, message: "take `now` as an argument instead of new Date()" });
      },
      CallExpression(node) {
        const { callee } = node;
        if (callee.type === "Identifier" && GLOBALS.has(callee.name))
          context.report({ node, message: `pure code may not call ${callee.name}; return an effect instead` });
        if (callee.type === "MemberExpression" && callee.object.type === "Identifier" && callee.property.type === "Identifier") {
          const name = `${callee.object.name}.${callee.property.name}`;
          if (CALLS.has(name)) context.report({ node, message: `take the value of ${name} as an argument` });
        }
      },
    };
  },
};
