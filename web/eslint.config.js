import js from "@eslint/js";
import prettier from "eslint-config-prettier";
import { configs as lit } from "eslint-plugin-lit";
import { configs as wc } from "eslint-plugin-wc";
import ts from "typescript-eslint";

export default ts.config(
  { ignores: ["node_modules", "src/shared/wire.gen.ts"] },
  js.configs.recommended,
  {
    files: ["src/**/*.ts", "tests/**/*.ts"],
    extends: [...ts.configs.strictTypeChecked, lit["flat/recommended"], wc["flat/recommended"]],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      complexity: ["error", { max: 10, variant: "modified" }],
      "max-lines": ["error", 400],
      "max-lines-per-function": ["error", { max: 50, skipComments: true }],
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "Text is rendered as text." },
        { property: "outerHTML", message: "Text is rendered as text." },
      ],
      "no-restricted-syntax": [
        "error",
        {
          selector: "ImportSpecifier[imported.name=/^unsafe(HTML|SVG)$/]",
          message: "Text is rendered as text.",
        },
      ],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-unnecessary-type-parameters": "off", // names what is read from text
      "@typescript-eslint/unbound-method": "off", // lit binds listeners to the host element
      "@typescript-eslint/no-unnecessary-condition": "off", // properties set from HTML may be missing
    },
  },
  {
    files: ["tests/**/*.ts"],
    rules: { "max-lines-per-function": "off", "@typescript-eslint/no-non-null-assertion": "off" },
  },
  {
    files: ["**/*.mjs", "**/*.js"],
    languageOptions: {
      globals: {
        process: "readonly",
        console: "readonly",
        URL: "readonly",
        setTimeout: "readonly",
        clearTimeout: "readonly",
        Buffer: "readonly",
      },
    },
  },
  prettier,
);
