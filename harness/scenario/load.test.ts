import { describe, expect, test } from 'vitest';
import { readScenario } from './load.ts';

const GOOD = `id: tiny
title: A small fleet
tier: smoke
fleet: { realms: 2, appsPerRealm: 2 }
workload: { duration: 10s }
objectives:
  - rpoMs max < 15000
  - rtoMs < 120000
`;

/** The problems of a text as an editor or a terminal shows them. */
function problemsOf(text: string): string[] {
  return readScenario(text, 'a.yaml').problems.map((p) => `${p.file}:${p.line}:${p.column}: ${p.message}`);
}

function withLine(from: string, to: string): string {
  expect(GOOD).toContain(from);
  return GOOD.replace(from, to);
}

/** What is made anew so late that it may be lost as a whole, whatever had been in its place. */
const TOO_YOUNG: unknown = expect.stringContaining('would be excused as young');

describe('a good scenario', () => {
  test('comes with its defaults, and its objectives know their lines', () => {
    const { loaded, problems } = readScenario(GOOD, 'a.yaml');
    expect(problems).toEqual([]);
    expect(loaded?.scenario).toMatchObject({ expect: 'pass', recovery: { secondLife: true } });
    expect(loaded?.objectives).toMatchObject([
      { metric: 'rpoMs', aggregate: 'max', threshold: 15_000, line: 7 },
      { metric: 'rtoMs', aggregate: null, line: 8 },
    ]);
  });

  test('may keep all objectives on one line', () => {
    const text = GOOD.slice(0, GOOD.indexOf('objectives:'));
    const { loaded } = readScenario(
      `${text}objectives:\n  [ "rpoMs max < 1",\n    "rtoMs < 2" ]\n`,
      'a.yaml',
    );
    expect(loaded?.objectives.map(({ line }) => line)).toEqual([7, 8]);
  });
});

describe('mistakes', () => {
  test('three mistakes are three problems with their places', () => {
    const text = `id: tiny
title: A small fleet
tier: smokey
fleet: { realm: 2 }
workload:
  duration: 10s
objectives:
  - rpoMs max < 15000
  - rtoMS < 120000
`;
    expect(problemsOf(text)).toEqual([
      'a.yaml:3:7: tier: "smokey" is not one of smoke, gate, nightly, soak; did you mean smoke?',
      'a.yaml:4:10: unknown key realm; did you mean realms?',
      'a.yaml:9:5: there is no metric rtoMS; did you mean rtoMs?',
    ]);
  });

  test.each([
    ['duration: 10s', 'duration: 10', 'a.yaml:5:23: workload.duration: expected a text, found 10'],
    [
      'duration: 10s',
      'duration: ten',
      'a.yaml:5:23: workload.duration: "ten" is not valid: a duration is a number with a unit: 500ms, 25s, 2m',
    ],
    ['realms: 2', 'realms: -1', 'a.yaml:4:18: fleet.realms: -1 is too small: at least 0'],
    ['realms: 2', 'realms: 501', 'a.yaml:4:18: fleet.realms: 501 is too large: at most 500'],
    ['realms: 2', 'realms: 1.5', 'a.yaml:4:18: fleet.realms: expected a whole number, found 1.5'],
    ['realms: 2', 'realms: .inf', 'a.yaml:4:18: fleet.realms: expected a number, found Infinity'],
    ['realms: 2', 'realms:', 'a.yaml:4:17: fleet.realms: expected a number, found nothing'],
    ['title: A small fleet', 'title: ""', 'a.yaml:2:8: title: "" is too small: at least 1 characters'],
    ['title: A small fleet\n', '', 'a.yaml:1:1: title is missing'],
    ['tier: smoke', 'tier: smoke\ntier: gate', 'a.yaml:4:1: Map keys must be unique'],
    ['tier: smoke', 'tier: smoke\n__proto__: { id: x }', 'a.yaml:4:1: unknown key __proto__'],
    ['tier: smoke', 'tier: !!js smoke', 'a.yaml:3:7: Unresolved tag: tag:yaml.org,2002:js'],
    [
      'workload:',
      'disaster: { kind: host-loss, at: [1] }\nworkload:',
      'a.yaml:5:34: disaster.at: a list of 1 is not valid: use random, first-sync or upload-stall, or a duration like 500ms, 25s or 2m',
    ],
    [
      'workload:',
      'recovery: { parallelism: fast }\nworkload:',
      'a.yaml:5:26: recovery.parallelism: "fast" is not valid: use auto, or a number',
    ],
    [
      'objectives:',
      'mustFail: [contnt]\nexpect: fail\nobjectives:',
      expect.stringMatching(/^a\.yaml:6:12: mustFail\.0: "contnt" is not one of .*; did you mean content\?$/),
    ],
  ])('%j written as %j', (from, to, problem) => {
    expect(problemsOf(withLine(from, to))).toEqual([problem]);
  });

  test.each([
    ['', 'a.yaml:1:1: the scenario: expected a mapping, found nothing'],
    ['- a\n- b\n', 'a.yaml:1:1: the scenario: expected a mapping, found a list of 2'],
    ['just words\n', 'a.yaml:1:1: the scenario: expected a mapping, found "just words"'],
    ['a: 1\n---\nb: 2\n', expect.stringContaining('a.yaml:2:1: Source contains multiple documents')],
    ['x'.repeat(1_000_001), 'a.yaml:1:1: too large for a scenario'],
  ])('a file that is no scenario: %j', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  test('aliases that unfold without end are refused', () => {
    const bomb = `a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c]\n`;
    expect(problemsOf(bomb)).toEqual([
      'a.yaml:1:1: Excessive alias count indicates a resource exhaustion attack',
    ]);
  });
});

describe('contradictions', () => {
  test.each([
    [
      'fleet: { realms: 2, appsPerRealm: 2 }',
      'fleet: { realms: 2, rowsPerApp: { min: 9, max: 8 } }',
      ['a.yaml:4:40: min 9 is more than max 8'],
    ],
    [
      'fleet: { realms: 2, appsPerRealm: 2 }',
      'fleet: { realms: 1, appsPerRealm: 1, shapes: { pageBytes: [512, 512] } }',
      [
        'a.yaml:4:59: 2 page sizes need as many apps, and there are 1',
        'a.yaml:4:59: a value of pageBytes is there twice',
      ],
    ],
    [
      'fleet: { realms: 2, appsPerRealm: 2 }',
      'fleet: { realms: 0, shapes: { features: [fts5] } }',
      ['a.yaml:4:29: shapes are those of apps, and the fleet has none'],
    ],
    [
      'fleet: { realms: 2, appsPerRealm: 2 }',
      'fleet: { realms: 2, shapes: { largeBlobBytes: 2048 } }',
      ['a.yaml:4:29: shapes without page sizes, features or bulk change nothing: say one, or leave them out'],
    ],
    [
      'tier: smoke',
      'tier: smoke\nmustFail: [content]',
      ['a.yaml:4:11: checks that must fail need "expect: fail"'],
    ],
    [
      'tier: smoke',
      'tier: smoke\nexpect: fail',
      ['a.yaml:4:9: a negative control names what must go red, in mustFail or mustBreak'],
    ],
    [
      'tier: smoke',
      'tier: smoke\nmustBreak: [rtoMs < 1]\nmustHold: [rtoMs < 2]',
      [
        'a.yaml:4:12: objectives that must break need "expect: fail"',
        'a.yaml:4:13: "rtoMs < 1" is none of the objectives',
        'a.yaml:5:11: objectives that must hold need "expect: fail"',
        'a.yaml:5:12: "rtoMs < 2" is none of the objectives',
      ],
    ],
    [
      'tier: smoke',
      'tier: smoke\nexpect: fail\nmustFail: [identity]\nmustCount: [identity, content == 2, identity == 1]',
      [
        'a.yaml:6:13: "identity" is no count of a check: write it like "identity == 1"',
        'a.yaml:6:23: content is not in mustFail',
      ],
    ],
    [
      'tier: smoke',
      'tier: smoke\nmustCount: [identity == 1]',
      [
        'a.yaml:4:12: faults that a check must find need "expect: fail"',
        'a.yaml:4:13: identity is not in mustFail',
      ],
    ],
    [
      'tier: smoke',
      'tier: smoke\nexpect: fail\nmustBreak: [rpoMs max < 15000, rpoMs max < 15000]\nmustHold: [rpoMs max < 15000]',
      [
        'a.yaml:5:32: "rpoMs max < 15000" is there twice',
        'a.yaml:6:12: "rpoMs max < 15000" must break and must hold: it cannot do both',
      ],
    ],
    [
      'tier: smoke',
      'tier: smoke\nexpect: fail\nmustHold: [rpoMs max < 15000]',
      ['a.yaml:4:9: a negative control names what must go red, in mustFail or mustBreak'],
    ],
    [
      'tier: smoke',
      'tier: smoke\ndisaster: { kind: host-loss, at: 11s }',
      ['a.yaml:4:34: the disaster at 11s comes after the load of 10s'],
    ],
    [
      'tier: smoke',
      'tier: smoke\ndisaster: { kind: host-loss, uploadStall: { for: 1s, databases: 1 } }',
      ['a.yaml:4:43: a stall to wait for needs "at: upload-stall"'],
    ],
    [
      'tier: smoke',
      'tier: smoke\ndisaster: { kind: host-loss, at: upload-stall }',
      ['a.yaml:4:34: at: upload-stall needs uploadStall: of how many databases, and for how long'],
    ],
    [
      'tier: smoke',
      'tier: smoke\ndisaster: { kind: host-loss, at: upload-stall, uploadStall: { for: 10s, databases: 4 } }',
      [
        'a.yaml:4:68: a stall of 10s cannot be seen in a load of 10s',
        'a.yaml:4:84: 4 databases, but only 3 apps are written to',
      ],
    ],
    [
      'tier: smoke',
      'tier: smoke\ndisaster: { kind: host-loss, earliest: 11s }',
      ['a.yaml:4:40: earliest 11s is after the load of 10s'],
    ],
    [
      'tier: smoke',
      'tier: smoke\ndisaster: { kind: host-loss, at: 5s, earliest: 1s }',
      ['a.yaml:4:48: earliest has no meaning beside the fixed instant 5s: remove one'],
    ],
    [
      'tier: smoke',
      'tier: smoke\ntimeout: 10s',
      ["a.yaml:4:10: the drill's limit of 10s does not even leave time for the load of 10s"],
    ],
    [
      'tier: smoke',
      'tier: smoke\ndisaster: { kind: host-loss, at: first-sync }',
      [
        'a.yaml:4:34: the first sync is over before a load that waits for protection: set protection.await to false',
      ],
    ],
    [
      'tier: smoke',
      'tier: smoke\nfaults: [{ id: a, kind: bucket-hole, beforeKill: 1s, databases: 4 }, { id: a, kind: bucket-hole, beforeKill: 6s }]',
      [
        'a.yaml:4:65: 4 databases, but only 3 apps are written to',
        'a.yaml:4:76: there are two faults called a',
        'a.yaml:4:110: 6s before the kill there may be no load yet',
      ],
    ],
    [
      'tier: smoke',
      'tier: smoke\nfaults: [{ id: a, kind: bucket-object, damage: foreign, at: each }, { id: b, kind: recovery-wrong-tenant, databases: 3 }]',
      [
        'a.yaml:4:61: each position needs a database of its own: there is one',
        'a.yaml:4:118: 3 databases and one to take the bytes from, but only 3 apps are written to',
      ],
    ],
    [
      'tier: smoke',
      'tier: smoke\nfaults: [{ id: a, kind: store-key-revoked, from: 3s }, { id: b, kind: host-kill, at: 2s, process: supervisor, startAgainAfter: 1s, startAgainWith: new-key }]',
      [expect.stringMatching(/the host has its new key by 3s: nobody would be refused$/)],
    ],
    [
      '  - rtoMs < 120000',
      '  - rtoMs < 120000\nfaults: [{ id: a, kind: recovery-disk-full, sizeMb: 2 }]',
      [
        expect.stringMatching(
          /rtoMs would count the try on the small disk as the subject's time: remove one$/,
        ),
      ],
    ],
    [
      'tier: smoke',
      'tier: smoke\nfaults: [{ id: a, kind: recovery-dirty-host }, { id: b, kind: recovery-dirty-host }]',
      ['a.yaml:4:48: the same folders are tried once: say recovery-dirty-host no second time'],
    ],
    [
      'tier: smoke',
      'tier: smoke\nfaults: [{ id: k, kind: host-kill, at: 5s, process: writer, startAgainAfter: 1s }]',
      [
        'a.yaml:4:40: it ends 6000 ms after the start of the load, and the disaster is possible from 6000 ms on',
      ],
    ],
    [
      'tier: smoke',
      'tier: smoke\nfaults: [{ id: a, kind: store-stall, from: 6s }, { id: a, kind: store-refused, for: 0s }]',
      [
        'a.yaml:4:44: the fault from 6s on may come after the disaster, which is possible from 6000 ms on',
        'a.yaml:4:56: there are two faults called a',
        'a.yaml:4:85: a fault that lasts no time is none',
      ],
    ],
    [
      'tier: smoke',
      'tier: smoke\nfaults: [{ id: a, kind: host-kill, at: 1s, process: supervisor, startAgainWith: new-key }, { id: b, kind: host-kill, at: 1s, process: writer, startAgainAfter: 1s, startAgainWith: new-key }, { id: c, kind: store-status, status: 503, code: AccessDenied }, { id: d, kind: store-key-revoked, from: 6s }]',
      [
        expect.stringMatching(/who is not started again gets no key: say startAgainAfter$/),
        expect.stringMatching(/the key is the supervisor's: a writer has none$/),
        expect.stringMatching(/AccessDenied is said with a 403$/),
        expect.stringMatching(/the fault from 6s on may come after the disaster/),
        expect.stringMatching(/the host has its new key by 6s/),
      ],
    ],
    [
      '  - rtoMs < 120000',
      '  - storeAlarmMs < 10000\nfaults: [{ id: a, kind: store-status, status: 403, role: recovery }]',
      [
        expect.stringMatching(
          /storeAlarmMs is measured on refused requests of the host: declare a store-status 403, a store-key-revoked or a store-refused$/,
        ),
      ],
    ],
    [
      '  - rtoMs < 120000',
      '  - storeAlarmMs < 10000\nfaults: [{ id: a, kind: store-status, status: 403 }, { id: b, kind: store-stall }]',
      [
        expect.stringMatching(
          /storeAlarmMs cannot tell an alarm over a refusal from one over b: remove one$/,
        ),
      ],
    ],
    [
      'tier: smoke',
      'tier: smoke\nfaults: [{ id: a, kind: store-slow, latency: { min: 0s, max: 0s } }, { id: f, kind: host-freeze, at: 1s, for: 0s, process: litestream }]',
      [
        'a.yaml:4:10: neither latency nor bytesPerSecond: nothing would be slow',
        'a.yaml:4:111: a fault that lasts no time is none',
      ],
    ],
    [
      'workload: { duration: 10s }',
      'workload: { duration: 10s, deletedApps: 1 }\nrecovery: { secondLife: false }\nfaults: [{ id: h, kind: bucket-hole, beforeKill: 2s }, { id: w, kind: recovery-stale-wal }]',
      [
        expect.stringContaining('an app that is deleted during the load is not restored'),
        expect.stringContaining('an app that is deleted during the load is not restored'),
      ],
    ],
    [
      'workload: { duration: 10s }',
      'workload: { duration: 10s, deletedRealms: 1 }\ndisaster: { kind: host-loss, at: upload-stall, uploadStall: { databases: 1, for: 1s } }',
      [expect.stringContaining('an app that is deleted during the load has no more uploads')],
    ],
    [
      'workload: { duration: 10s }',
      'workload: { duration: 10s }\nupgrades: [{ at: 2s, litestream: 0.3.13 }]\nfaults: [{ id: h, kind: bucket-hole, beforeKill: 2s }]',
      [expect.stringContaining('after an upgrade a replica has two layouts')],
    ],
    [
      'tier: smoke',
      'tier: smoke\nfaults: [{ id: k, kind: host-kill, at: 1s, process: litestream, startAgainAfter: 1s }]',
      ['a.yaml:4:82: a dead Litestream is for its supervisor to start again'],
    ],
    [
      'tier: smoke',
      'tier: smoke\nfaults: [{ id: k, kind: host-kill, at: 1s, process: supervisor, times: 2 }]',
      ['a.yaml:4:72: a supervisor that is not started again cannot end 2 times'],
    ],
    [
      'duration: 10s',
      'duration: 10s, newApps: 1 }\nfaults: [{ id: k, kind: host-kill, at: 1s, process: writer }, { id: d, kind: host-disk-full, at: 1s, for: 1s }, { id: v, kind: host-database, at: 1s, do: vacuum }]\nhooks: { perApp: 0',
      [
        'a.yaml:6:25: a killed writer carries out no changes of tenants',
        'a.yaml:6:78: no realm or app can be created on a full disk',
        'a.yaml:6:128: the apps that it meets must not be deleted meanwhile',
      ],
    ],
    [
      'tier: smoke',
      'tier: smoke\nfaults: [{ id: a, kind: store-reset, count: 3, probability: 0.5, keys: "(", methods: [PUT, PUT] }]',
      [
        'a.yaml:4:61: either the first so many requests or a share of them: remove count or probability',
        'a.yaml:4:72: Invalid regular expression: /(/u: Unterminated group',
        'a.yaml:4:92: PUT is there twice',
      ],
    ],
    [
      'tier: smoke',
      'tier: smoke\nfaults: [{ id: d, kind: host-disk-full, at: 1s, for: 1s }, { id: e, kind: host-disk-full, at: 3s, for: 1s }]',
      [
        'a.yaml:4:25: a host has one disk, which is full once',
        'a.yaml:4:75: a host has one disk, which is full once',
      ],
    ],
    [
      'tier: smoke',
      'tier: smoke\nfaults: [{ id: a, kind: store-slow }, { id: b, kind: store-slow, latency: { min: 2s, max: 1s } }]',
      [
        'a.yaml:4:10: neither latency nor bytesPerSecond: nothing would be slow',
        'a.yaml:4:82: min 2s is more than max 1s',
      ],
    ],
    [
      'tier: smoke',
      'tier: smoke\nfaults: [{ id: v, kind: host-database, at: 1s, do: vacuum, for: 1s, databases: 4 }, { id: j, kind: host-database, at: 1s, do: journal-mode }]',
      [
        'a.yaml:4:65: vacuum is done at once, and has no length',
        'a.yaml:4:80: 4 databases, but only 3 apps are written to',
        'a.yaml:4:127: journal-mode needs to know for how long',
      ],
    ],
    [
      'tier: smoke',
      'tier: smoke\nfaults: [{ id: s, kind: host-second-writer, at: 1s, for: 2s, hold: 1s }, { id: k, kind: host-kill, at: 4s, process: writer }]',
      [
        'a.yaml:4:25: beside a second writer the application must neither delete nor change its schema: give a recordMix without delete',
        'a.yaml:4:25: it would go on writing to what was replaced, or be taken for who was killed',
        'a.yaml:4:68: it holds the lock for longer than its writes are apart',
      ],
    ],
    [
      'duration: 10s }',
      'duration: 10s, recordMix: { create: 1 }, walAutocheckpointPages: -1 }\ndisaster: { kind: host-loss, at: 8s }',
      ['a.yaml:5:78: workload.walAutocheckpointPages: -1 is too small: at least 0'],
    ],
    [
      'duration: 10s }',
      'duration: 10s, recordMix: { create: 1 } }\ndisaster: { kind: host-loss, at: 8s }\nfaults: [{ id: b, kind: host-second-writer, at: 1s, for: 2s, walReused: { pages: 2000, for: 5s } }]',
      [
        'a.yaml:7:93: 5000 ms after its last write the disaster is possible: no WAL can have been reused for so long',
      ],
    ],
    [
      'tier: smoke',
      'tier: smoke\nfaults: [{ id: r, kind: host-database, at: 1s, do: recreate, times: 2, need: tried }, { id: v, kind: host-database, at: 1s, do: vacuum, times: 6, every: 1s }]',
      [
        TOO_YOUNG,
        'a.yaml:4:69: recreate is done once to a database',
        'a.yaml:4:78: no lock keeps recreate from its end',
        'a.yaml:4:121: it ends 6000 ms after the start of the load, and the disaster is possible from 6000 ms on',
      ],
    ],
    [
      'tier: smoke',
      'tier: smoke\nfaults: [{ id: a, kind: store-stall, role: recovery, from: 9m, methods: [PUT] }]',
      ['a.yaml:4:73: a restore only reads: PUT would never be met'],
    ],
    [
      'tier: smoke',
      'tier: smoke\nfaults: [{ id: a, kind: store-status, status: 404 }, { id: b, kind: store-stall, methods: [PATCH] }]',
      [
        'a.yaml:4:47: faults.0.status: 404 is not valid: use 403, or 408, or 429, or 500, or 503',
        'a.yaml:4:92: faults.1.methods.0: "PATCH" is not one of GET, HEAD, LIST, PUT, POST, DELETE',
      ],
    ],
    [
      'tier: smoke\n',
      'tier: smoke\nfaults: [{ id: r, kind: host-database, at: 1s, do: replace-by-copy }, { id: v, kind: host-database, at: 1s, do: vacuum }]\n',
      [
        'a.yaml:4:44: what it makes anew 5000 ms before the disaster would be excused as young, or come back as what it was before: the loss of 15000 ms that the objectives accept reaches back to it, so do it earlier',
      ],
    ],
    [
      'tier: smoke',
      'tier: smoke\nhooks: { perApp: 1 }\nfaults: [{ id: r, kind: host-database, at: 1s, do: recreate }]',
      [
        TOO_YOUNG,
        'a.yaml:5:52: the hooks of an app outlive it, and would be held against the new one: leave them out',
      ],
    ],
    [
      'tier: smoke',
      'tier: smoke\nblobs: { backend: s3 }\nfaults: [{ id: r, kind: host-database, at: 1s, do: replace-by-copy }]',
      [
        TOO_YOUNG,
        'a.yaml:5:52: which blobs a replaced database names is looked up beside it, and they are in S3',
      ],
    ],
    [
      'tier: smoke',
      'tier: smoke\nblobs: { backend: s3 }\nfaults: [{ id: r, kind: host-database, at: 1s, do: recreate }]',
      [
        TOO_YOUNG,
        'a.yaml:5:52: a blob on its way to S3 when its app is recreated would be noted of the new one',
      ],
    ],
    [
      'tier: smoke',
      'tier: smoke\nfaults: [{ id: a, kind: store-refused, role: recovery }, { id: b, kind: store-stal }]',
      [
        'a.yaml:4:40: unknown key role',
        expect.stringMatching(
          /^a\.yaml:4:73: faults\.1\.kind: "store-stal" is not one of .*store-reset.*did you mean store-stall\?$/,
        ),
      ],
    ],
    [
      'duration: 10s',
      'duration: 10s, recordMix: { create: 0 }',
      ['a.yaml:5:39: a mix without a share above 0 has no write in it'],
    ],
    [
      'tier: smoke',
      'tier: smoke\nsecondHost: { at: 6s }',
      ['a.yaml:4:19: the second host at 6s may come after the disaster, which is possible from 6000 ms on'],
    ],
    [
      'fleet: { realms: 2, appsPerRealm: 2 }\nworkload: { duration: 10s',
      'fleet: { realms: 2, appsPerRealm: 0 }\nblobs: { backend: s3 }\nworkload: { duration: 10s, newApps: 1, newAppsBy: [renamed, copied]',
      [
        'a.yaml:6:51: 1 new apps cannot come in 2 ways',
        'a.yaml:6:51: there is no app that another could be made from',
        'a.yaml:6:51: the folder of an app has its blobs with it, and in S3 nobody would copy them',
      ],
    ],
    [
      'duration: 10s',
      'duration: 10s, newApps: 1 }\nsecondHost: { at: 2s',
      ['a.yaml:6:13: a second host knows only tenants that neither come nor go: leave the changes out'],
    ],
    ['duration: 10s', 'duration: 0s', ['a.yaml:5:23: no load leaves nothing to lose: use a longer one']],
    [
      'duration: 10s',
      'duration: 10s, deletedRealms: 3',
      ['a.yaml:5:43: 3 realms cannot be deleted from a fleet of 2'],
    ],
    [
      'duration: 10s',
      'duration: 10s, deletedApps: 5',
      ['a.yaml:5:41: 5 apps cannot be deleted from a fleet of 4'],
    ],
    [
      'fleet: { realms: 2, appsPerRealm: 2 }\nworkload: { ',
      'fleet: { realms: 0 }\nworkload: { newApps: 1, ',
      ['a.yaml:5:22: 1 new apps need a realm to live in, and there is none'],
    ],
    [
      'tier: smoke',
      'tier: smoke\nblobs: { sizeBytes: { min: 9, max: 8 } }',
      ['a.yaml:4:28: min 9 is more than max 8'],
    ],
    [
      'tier: smoke',
      'tier: smoke\nblobs: { backend: s3, mirrorIntervalSec: 2 }',
      ['a.yaml:4:42: blobs in S3 are not mirrored: remove mirrorIntervalSec, or use the local backend'],
    ],
    [
      'tier: smoke',
      'tier: smoke\nhooks: { liveEdits: 2 }',
      ['a.yaml:4:21: 2 live edits need hooks in version control to differ from'],
    ],
    [
      'fleet: { realms: 2, appsPerRealm: 2 }',
      'fleet: { realms: 2, appsPerRealm: 0 }\nhooks: { perApp: 1 }',
      ['a.yaml:5:18: hooks belong to apps, and the fleet has none'],
    ],
    [
      '  - rtoMs < 120000',
      '  - lostHookEdits == 0',
      ['a.yaml:8:5: lostHookEdits is measured on hooks, and no app has any'],
    ],
    [
      '  - rtoMs < 120000',
      '  - rpoMs < 1',
      ['a.yaml:8:5: rpoMs has a figure for every database: say which, p50, p95, p99, max'],
    ],
    ['  - rtoMs < 120000', '  - rpoMs max < 15000', ['a.yaml:8:5: "rpoMs max < 15000" is there twice']],
    [
      '  - rtoMs < 120000',
      '  - runbookStepsFailed == 0',
      ['a.yaml:8:5: runbookStepsFailed is measured with recovery.runbook: documented'],
    ],
    [
      '  - rtoMs < 120000',
      '  - rtoMs < 120000\nfaults: [{ id: r, kind: bucket-renewed }]',
      [expect.stringContaining('without an upgrade there is one layout')],
    ],
    [
      '  - rtoMs < 120000',
      '  - orderedStopMs < 9\nfaults: [{ id: a, kind: host-kill, at: 1s, process: litestream, signal: SIGTERM }]',
      [expect.stringContaining('a.yaml:8:5: orderedStopMs is measured on a supervisor that SIGTERM ends')],
    ],
    [
      'fleet: { realms: 2, appsPerRealm: 2 }',
      'fleet: { realms: 10, appsPerRealm: 2 }\nrecovery: { runbook: documented }',
      [
        'a.yaml:5:22: the documented runbook restores one database after the other by hand: 31 are too many, at most 30',
      ],
    ],
    [
      '  - rtoMs < 120000',
      '  - protectedAgainMs < 9\nrecovery: { secondLife: false }',
      ['a.yaml:8:5: protectedAgainMs is measured in the second life, which secondLife: false leaves out'],
    ],
    [
      'fleet: { realms: 2, appsPerRealm: 2 }',
      'fleet: { realms: 2, appsPerRealm: 2 }\nfaults: [{ id: a, kind: store-clock-skew, by: 0s }, { id: b, kind: store-stall }]',
      [
        expect.stringContaining('a request meets one fault at most: b and a would share them'),
        expect.stringContaining('clocks that are no time apart are not apart'),
      ],
    ],
    [
      'fleet: { realms: 2, appsPerRealm: 2 }',
      'fleet: { realms: 2, appsPerRealm: 2 }\nrehearsal: { at: 9s }\nsecondHost: { at: 1s }',
      [
        expect.stringContaining('a rehearsal needs one host and one Litestream'),
        expect.stringContaining('the rehearsal at 9s may come after the disaster'),
      ],
    ],
    [
      'fleet: { realms: 2, appsPerRealm: 2 }',
      'fleet: { realms: 2, appsPerRealm: 2 }\nrehearsal: { at: 1s }\nfaults: [{ id: r, kind: host-database, at: 3s, do: recreate }, { id: c, kind: host-database, at: 3s, do: replace-by-copy }, { id: n, kind: host-database, at: 3s, do: replace-by-rename }, { id: j, kind: host-database, at: 3s, do: journal-mode, for: 1s }, { id: v, kind: host-database, at: 3s, do: vacuum }]',
      [
        ...['recreate', 'replace-by-copy', 'replace-by-rename', 'journal-mode'].map((act) =>
          expect.stringContaining(
            `a rehearsal is held against files that stay what they are: leave ${act} out`,
          ),
        ),
        TOO_YOUNG,
        TOO_YOUNG,
        TOO_YOUNG,
      ],
    ],
    [
      'tier: smoke',
      'tier: smoke\nexpect: fail\nmustFail: [rehearsal]',
      [expect.stringContaining('there is no rehearsal that could fail')],
    ],
    [
      '  - rtoMs < 120000',
      '  - pointInTimeRpoMs max < 9',
      ['a.yaml:8:5: pointInTimeRpoMs is measured on restores to an instant: say recovery.instants'],
    ],
    [
      'fleet: { realms: 2, appsPerRealm: 2 }',
      'fleet: { realms: 2, appsPerRealm: 2 }\nrecovery: { instants: { count: 3, within: 9s } }',
      [
        expect.stringContaining('a second life uploads to the prefix whose instants are asked for'),
        expect.stringContaining('a window of 9s may begin before the load'),
      ],
    ],
    [
      'fleet: { realms: 2, appsPerRealm: 2 }',
      'fleet: { realms: 2, appsPerRealm: 2 }\nrecovery: { instants: { count: 3, within: 0s }, secondLife: false, layout: any }',
      [
        expect.stringContaining('leave layout out'),
        expect.stringContaining('a window of no time has no instant in it'),
      ],
    ],
    // A share of the databases and a lower bound let the rest lose everything.
    ...[
      'acknowledgedWrites > 1',
      'rpoMs p95 < 15000',
      'rpoMs p50 < 3000',
      'rpoMs max >= 0',
      'lostWrites >= 0',
    ].map((objective): [string, string, unknown[]] => [
      '  - rpoMs max < 15000',
      `  - ${objective}`,
      [
        'a.yaml:7:3: no objective bounds the loss of each database, so any loss could pass: add "lostWritesBeyondRpo == 0" or "rpoMs max < 15000"',
      ],
    ]),
  ])('%j written as %j', (from, to, problems) => {
    expect(problemsOf(withLine(from, to))).toEqual(problems);
  });

  test('an invalid field is named once and gives no contradiction of its own', () => {
    const text = withLine('duration: 10s', 'duration: ten').replace(
      'tier: smoke',
      'tier: smoke\ndisaster: { kind: host-loss, at: 60s }',
    );
    expect(problemsOf(text)).toHaveLength(1);
  });

  test('an objective that is no text does not shift the others', () => {
    const text = withLine('  - rpoMs max < 15000', '  - 15').replace('rtoMs <', 'rtoMS <');
    expect(problemsOf(text)).toEqual([
      'a.yaml:7:5: objectives.0: expected a text, found 15',
      'a.yaml:8:5: there is no metric rtoMS; did you mean rtoMs?',
    ]);
  });

  test('a contradiction elsewhere is still found beside an invalid field', () => {
    const text = withLine('duration: 10s', 'duration: ten, deletedRealms: 3');
    expect(problemsOf(text)).toEqual([
      expect.stringContaining('workload.duration'),
      expect.stringContaining('3 realms cannot be deleted'),
    ]);
  });
});
