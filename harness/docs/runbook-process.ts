/**
 * `npm run docs:runbook`: follows the documented page with every Litestream on every store and writes
 * docs/documented-runbook.md from the results. Options take the place of the defaults: `-- --store=embedded`. The versions must
 * be there: `drill litestream add VERSION`.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runbookMarkdown } from '../report/runbook-markdown.ts';
import { type Result, resultSchema } from '../result.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const TIMEOUT_MS = 600_000;

const { values } = parseArgs({
  options: {
    litestream: { type: 'string', multiple: true, default: ['0.3.13', '0.5.17'] },
    store: { type: 'string', multiple: true, default: ['embedded', 'minio'] },
  },
});
const results = values.store.flatMap((store) =>
  values.litestream.map((litestream) => drill(`--litestream=${litestream}`, `--store=${store}`)),
);
const drills = results.flatMap(({ scenarios }) => scenarios);
const of = (id: string) => drills.filter((drilled) => drilled.id === id);
const [first] = results;
const { cpu, cpus, node } = first?.environment ?? {};
const docs = join(HERE, '..', '..', 'docs');
mkdirSync(docs, { recursive: true });
writeFileSync(
  join(docs, 'documented-runbook.md'),
  `# The documented runbook, executed

Made by \`npm run docs:runbook\` on ${first?.startedAt.slice(0, 10)} (${String(cpu)}, ${String(cpus)} cores, Node ${String(node)}). After a real disaster the
five steps under "Restoring" on RustBaas' backups page were followed to the letter, on a fresh host, with what the page tells an
operator to set: \`AWS_ACCESS_KEY_ID\`, \`AWS_SECRET_ACCESS_KEY\`, \`AWS_REGION\` and \`AWS_ENDPOINT_URL_S3\`, the endpoint by its host name as in
the page's example. Lines beyond the page tell which of its gaps was in the way. *Instead* is \`drill restore\` on another host, from
the same bucket; every row of it was verified.

## What \`drill supervise\` wrote

[documented-runbook.yaml](../scenarios/documented-runbook.yaml): the page's bucket layout, \`prod/system.db/…\`.

${runbookMarkdown(of('documented-runbook'))}

## What the shipped RustBaas wrote

[shipped-recovered.yaml](../scenarios/shipped-recovered.yaml): RustBaas only writes \`data/litestream.yml\`; bucket and endpoint in it were
repaired and Litestream was started by hand. The objects are at \`prod/system/…\`, so the page does not find them where it says that
they are, and \`drill restore\` does: it looks in both places unless it is told \`--layout=documented\`, and says from where it took
each database. As the file is written, with \`bucket: s3://…\`, no endpoint and nobody who starts Litestream, there is
nothing to restore at all ([shipped-rustbaas.yaml](../scenarios/shipped-rustbaas.yaml)).

${runbookMarkdown(of('shipped-recovered'))}

## What was not what it would be with you

- The outside was fenced off: an HTTP proxy refused every host that is not the store's and noted who was asked. Without the
  fence a command that asks \`s3.amazonaws.com\` fails there, with credentials that AWS does not know.
- Two variables were set that the page does not name: \`HTTP_PROXY\`/\`HTTPS_PROXY\` for the fence, and \`AWS_EC2_METADATA_DISABLED\`, so that no
  metadata service was asked for keys.
- There was no RustBaas to start. Step 5 looks at what it would find: it makes every database that is missing, empty, and starts.
- The page keeps no list of the databases ("every realm.db and every app data.db"); their names came from the drill's ledger.
- The store was on the same machine. An endpoint by its address takes no bucket before it; yours has a name. Where the DNS of a
  provider knows \`<bucket>.<endpoint>\`, 0.5 gets further with the variable alone than it does here; 0.3 never does.
`,
);
process.stdout.write('docs/documented-runbook.md\n');

/** One Litestream on one store. A drill that is red has its table all the same; one without a result has not. */
function drill(...choice: string[]): Result {
  const scenarios = ['--scenario=documented-runbook', '--scenario=shipped-recovered'];
  const { stdout } = spawnSync(
    process.execPath,
    [join(HERE, '..', 'start.mjs'), 'run', ...scenarios, ...choice, '--json'],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], timeout: TIMEOUT_MS, maxBuffer: 1 << 28 },
  );
  return resultSchema.parse(JSON.parse(stdout));
}
