// LIKE: % stands for any characters, _ for one.

/**
 * Goes back only to the last %, which is enough, and keeps the time within length times length.
 * @param {string} text
 * @param {string} pattern
 * @returns {boolean} whether the whole text matches; upper and lower case differ
 */
export function matchesLike(text, pattern) {
  const characters = Array.from(text);
  const wanted = Array.from(pattern);
  let at = 0;
  let p = 0;
  let lastPercent = -1;
  let resumeAt = 0;
  while (at < characters.length) {
    if (wanted[p] === '%') {
      lastPercent = p;
      resumeAt = at;
      p += 1;
    } else if (wanted[p] === '_' || wanted[p] === characters[at]) {
      at += 1;
      p += 1;
    } else if (lastPercent !== -1) {
      resumeAt += 1;
      at = resumeAt;
      p = lastPercent + 1;
    } else {
      return false;
    }
  }
  return wanted.slice(p).every((character) => character === '%');
}
