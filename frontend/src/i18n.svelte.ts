/** The page's language and its words. */
import type { Language } from "./format";
import { en, type Words } from "./locales/en";
import { nl } from "./locales/nl";
import { remember, remembered } from "./prefs";

export const LANGUAGES: Record<Language, { name: string; words: Words }> = {
  nl: { name: "Nederlands", words: nl },
  en: { name: "English", words: en },
};

export const isLanguage = (text: string | null | undefined): text is Language => text === "en" || text === "nl";

function first(): Language {
  const stored = remembered("language");
  if (isLanguage(stored)) return stored;
  const wanted = (navigator.languages ?? [navigator.language]).map((tag) => tag.slice(0, 2).toLowerCase());
  return wanted.find(isLanguage) ?? "en";
}

class Wording {
  language = $state<Language>(first());
  words = $derived(LANGUAGES[this.language].words);

  choose(language: Language): void {
    this.language = language;
    remember("language", language);
  }
}

export const i18n = new Wording();
