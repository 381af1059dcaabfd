// Writes HTML in which text from outside cannot become markup.

const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text that is already markup; only `html` makes it. */
class Markup {
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }
}

/**
 * A template tag: each value is escaped, unless it is markup made by this tag, or a list of such.
 * @param {TemplateStringsArray} parts
 * @param {...unknown} values
 * @returns {Markup}
 */
export function html(parts, ...values) {
  return new Markup(parts.map((part, index) => part + (index < values.length ? toMarkup(values[index]) : '')).join(''));
}

function toMarkup(value) {
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(toMarkup).join('');
  return String(value).replace(/[&<>"']/g, (character) => ESCAPES[character]);
}
