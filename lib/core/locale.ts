/** Whether a text names a language, as in BCP 47: `de`, `pt-BR`. */
export function isLocale(text: string): boolean {
  try {
    return text.length <= 35 && Intl.getCanonicalLocales(text).length === 1;
  } catch {
    return false;
  }
}
