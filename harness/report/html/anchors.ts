import type { ScenarioResult } from '../../result.ts';
import { type Markup, markup } from './markup.ts';

/**
 * Places of the page, named so that a link to one can be written from the drill's id and a path or a check:
 * `report.html#drill-smoke/realms/acme/realm.db`, `report.html#drill-smoke/check/content`.
 */

/** Ids of drills are plain words already. */
export function anchorOf({ drillId }: ScenarioResult): string {
  return `drill-${drillId.replaceAll(/[^A-Za-z0-9._-]/g, '-')}`;
}

export function databaseAnchor(drill: ScenarioResult, path: string): string {
  return `${anchorOf(drill)}/${plain(path)}`;
}

export function checkAnchor(drill: ScenarioResult, id: string): string {
  return `${anchorOf(drill)}/check/${plain(id)}`;
}

/** A database of the drill by its path, as a link to its row. */
export function databaseLink(drill: ScenarioResult, path: string): Markup {
  return markup`<a href="#${databaseAnchor(drill, path)}">${path}</a>`;
}

/** What needs no escaping in an id nor in a link stays; the rest is `~` and its code point, so that no two become one. */
function plain(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9._:/-]/gu, (character) => {
    return `~${(character.codePointAt(0) ?? 0).toString(16)}`;
  });
}
