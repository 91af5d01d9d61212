// Plain JavaScript, imported before everything else: an older Node can read neither TypeScript nor the native modules
// (better-sqlite3 ends it with a segmentation fault), and must still be able to say so in one line.
const OLDEST = [22, 22];

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  process.stderr.write(
    `[DRILL_E_NODE_TOO_OLD] this is Node ${process.versions.node}, and the drill needs ${OLDEST.join('.')} or later: ` +
      'start it with "npm run drill" after "npm ci", which brings its own Node\n',
  );
  process.exit(2);
}
