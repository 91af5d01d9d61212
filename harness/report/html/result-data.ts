import type { Result } from '../../result.ts';
import { type Markup, markup, trusted } from './markup.ts';

/** The page of a thousand databases stays below 3 MB with it. */
const MOST_CHARACTERS = 1_000_000;

/**
 * The result as data for other tools, once in the page. A script element of this type is a data block, which no browser
 * runs and no policy has to allow.
 */
export function resultData(result: Result): Markup {
  const json = embeddable(JSON.stringify(result));
  if (json.length > MOST_CHARACTERS) {
    return markup`<p class="note">The result as data is in result.json beside this page.</p>`;
  }
  return markup`<script type="application/json" id="result">${trusted(json)}</script>`;
}

/** The same JSON without what could end the element, or turn the text around for whoever reads the source. */
function embeddable(json: string): string {
  return json.replaceAll(/[<\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
