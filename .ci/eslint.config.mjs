// The rules for our JavaScript: eslint's recommended ones and a few strict ones.
// The packages lie in .ci/node, which .ci/run fills.

import { createRequire } from "node:module";

const load = createRequire(new URL("node/", import.meta.url));
const js = load("@eslint/js");
const globals = load("globals");

const RULES = {
  ...js.configs.recommended.rules,
  curly: ["error", "multi-line"],
  eqeqeq: "error",
  "no-undef": "error",
  "no-unused-vars": "error",
  "no-var": "error",
  "object-shorthand": "error",
  "prefer-const": "error",
};

export default [
  {
    files: ["app/static/*.js"],
    languageOptions: { sourceType: "module", globals: globals.browser },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: RULES,
  },
  {
    files: ["tests/**/*.mjs", ".ci/*.mjs"],
    languageOptions: { sourceType: "module", globals: globals.node },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: RULES,
  },
];
