/**
 * Upper and lower case alike, as the reference compares: each character of the pattern stands for itself, its
 * lower and its upper form, `ß` so for `SS` too. A character of the event is taken as it is, so `ss` is no `ß`,
 * and nothing is normalised.
 */
type Spellings = readonly (readonly string[])[];

/** By UTF-16 unit, as the reference does: letters beyond U+FFFF have one case. */
function spellingsOf(word: string): Spellings {
  return Array.from({ length: word.length }, (_, at) => {
    const unit = word.charAt(at);
    return Array.from(new Set([unit, unit.toLowerCase(), unit.toUpperCase()]));
  });
}

/** Where a text goes on after the word, which must stand at its beginning; -1 when it does not. */
function endOf(spellings: Spellings, text: string): number {
  let at = 0;
  for (const unit of spellings) {
    // No two spellings of a character begin alike, so the first that fits is the only one.
    const found = unit.find((spelling) => text.startsWith(spelling, at));
    if (found === undefined) return -1;
    at += found.length;
  }
  return at;
}

export function equalsCaseless(word: string): (text: string) => boolean {
  const spellings = spellingsOf(word);
  return (text) => endOf(spellings, text) === text.length;
}

export function startsCaseless(word: string): (text: string) => boolean {
  const spellings = spellingsOf(word);
  return (text) => endOf(spellings, text) >= 0;
}

export function endsCaseless(word: string): (text: string) => boolean {
  const spellings = spellingsOf(word).toReversed();
  return (text) => {
    let end = text.length;
    for (const unit of spellings) {
      const found = unit.find((spelling) => text.endsWith(spelling, end));
      if (found === undefined) return false;
      end -= found.length;
    }
    return true;
  };
}
