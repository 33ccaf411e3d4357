/** Syntax highlighting with shiki's JavaScript engine. It and each grammar load on first use; tokens are rendered as text. */
import type { HighlighterCore, LanguageRegistration, ThemedToken } from "shiki/core";

type LanguageModule = () => Promise<{ readonly default: LanguageRegistration[] }>;

const LANGUAGES: Readonly<Record<string, LanguageModule>> = {
  sql: () => import("shiki/langs/sql.mjs"),
  python: () => import("shiki/langs/python.mjs"),
  typescript: () => import("shiki/langs/typescript.mjs"),
  yaml: () => import("shiki/langs/yaml.mjs"),
  json: () => import("shiki/langs/json.mjs"),
};
const ALIASES: Readonly<Record<string, string>> = {
  ts: "typescript",
  javascript: "typescript",
  js: "typescript",
  py: "python",
  yml: "yaml",
  "jinja-sql": "sql",
};

let started: Promise<HighlighterCore> | null = null;

async function makeHighlighter(): Promise<HighlighterCore> {
  const [{ createHighlighterCore }, { createJavaScriptRegexEngine }, light, dark] = await Promise.all([
    import("shiki/core"),
    import("shiki/engine/javascript"),
    import("shiki/themes/github-light-high-contrast.mjs"),
    import("shiki/themes/github-dark-high-contrast.mjs"),
  ]);
  return createHighlighterCore({
    themes: [light.default, dark.default],
    langs: [],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  });
}

/** Null when there is no grammar for the language. */
export async function highlight(text: string, language: string, dark: boolean): Promise<ThemedToken[][] | null> {
  const name = ALIASES[language.toLowerCase()] ?? language.toLowerCase();
  const load = LANGUAGES[name];
  if (!load) return null;
  started ??= makeHighlighter();
  const highlighter = await started;
  if (!highlighter.getLoadedLanguages().includes(name)) await highlighter.loadLanguage((await load()).default);
  return highlighter.codeToTokensBase(text, { lang: name, theme: dark ? "github-dark-high-contrast" : "github-light-high-contrast" });
}
