/** Hooks of an app, as RustBaas loads them: JavaScript or TypeScript source in a flat folder. */

const EVENTS = ['before-create', 'after-create', 'before-update', 'after-delete', 'on-login', 'nightly'];

/** File name of the n-th hook of an app. */
export function hookName(index: number): string {
  const event = EVENTS[index % EVENTS.length] ?? '';
  const round = Math.floor(index / EVENTS.length);
  return `${event}${round === 0 ? '' : `-${round + 1}`}.${index % 3 === 2 ? 'ts' : 'js'}`;
}

/** Source of a hook: no two apps have the same, and no two revisions. */
export function hookSource(app: string, name: string, revision: string): string {
  return `// ${app} ${name}, revision ${revision}
export default async function hook(event, context) {
  await context.audit('hook.run', { collection: event.collection, revision: '${revision}' });
  return event;
}
`;
}
