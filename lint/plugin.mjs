/** The repository's own lint rules as an oxlint plugin. */
import { disableNeedsReason } from "./rules/disable-needs-reason.mjs";
import { layers } from "./rules/layers.mjs";
import { noAmbientTime } from "./rules/no-ambient-time.mjs";
import { noSelectStar } from "./rules/no-select-star.mjs";
import { plainComments } from "./rules/plain-comments.mjs";
import { retiredWordsRule } from "./rules/retired-words.mjs";
import { sqlInStores } from "./rules/sql-in-stores.mjs";
import { testNames } from "./rules/test-names.mjs";

// oxlint-disable-next-line import/no-default-export -- oxlint loads plugins through their default export
export default {
  meta: { name: "headgate" },
  rules: {
    layers,
    "no-ambient-time": noAmbientTime,
    "no-select-star": noSelectStar,
    "disable-needs-reason": disableNeedsReason,
    "plain-comments": plainComments,
    "retired-words": retiredWordsRule,
    "sql-in-stores": sqlInStores,
    "test-names": testNames,
  },
};
