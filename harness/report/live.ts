import type { DrillEvent } from '../events.ts';
import { charactersOf, count, counted, duration } from './format.ts';
import { verdictColour } from './fleet-table.ts';
import { GITHUB_GROUP_END, githubGroup } from './github.ts';
import { paint, printable, type Screen } from './screen.ts';

export interface LiveReporter {
  /** A subscriber of the event bus. */
  readonly onEvent: (event: DrillEvent) => void;
  /** Takes the progress line away and closes a group. To be called on every way out; calling it again does nothing. */
  readonly close: () => void;
}

export interface LiveOptions {
  readonly screen: Screen;
  /** The monotonic clock of the events' `atMs`. */
  readonly nowMs: () => number;
  /** quiet: warnings only. verbose: every step of progress as a line. */
  readonly detail: 'quiet' | 'normal' | 'verbose';
  /** The lines of a drill are a group of GitHub's log, with the verdict below it. */
  readonly isGithub: boolean;
}

type Progress = Extract<DrillEvent, { type: 'progress' }>;

/** At most ten paints a second. */
const REPAINT_MS = 100;
/** Without a progress line, a long phase still shows that it lives. */
const PLAIN_EVERY_MS = 10_000;
const PHASE_WIDTH = 18;
const BAR_WIDTH = 24;

/** What happens, as it happens: a progress line on a terminal, plain lines elsewhere, in groups on GitHub. */
export function createLiveReporter({ screen, nowMs, detail, isGithub }: LiveOptions): LiveReporter {
  let phase: { readonly name: string; readonly startMs: number } | null = null;
  let last: Progress | null = null;
  let paintedAtMs = -Infinity;
  const { line, paintOver, openGroup, closeGroup } = createPrinter(screen);

  const onProgress = (event: Progress): void => {
    last = event;
    const everyMs = detail === 'verbose' ? 0 : screen.motion ? REPAINT_MS : PLAIN_EVERY_MS;
    const now = nowMs();
    if (now - paintedAtMs < everyMs) return;
    paintedAtMs = now;
    const elapsedMs = phase === null ? 0 : now - phase.startMs;
    if (!screen.motion || detail === 'verbose') return line(plainProgress(event, elapsedMs));
    paintOver(progressLine(event, elapsedMs, screen));
  };

  const onEvent = (event: DrillEvent): void => {
    if (event.type === 'note' && event.level === 'warn') {
      return line(`  ${paint('warning', 'yellow', screen.colour)}  ${printable(event.message)}`);
    }
    if (detail === 'quiet') return;
    switch (event.type) {
      case 'run-start':
        return line(`seed ${event.seed}  run ${printable(event.runId)}, ${counted(event.drills, 'drill')}`);
      case 'drill-start': {
        const title = `  ${printable(event.title)}, seed ${event.seed}`;
        if (isGithub) return openGroup(`${printable(event.drillId)}${title}`);
        return line(`${paint(printable(event.drillId), 'bold', screen.colour)}${title}`);
      }
      case 'phase-start':
        phase = { name: event.phase, startMs: event.atMs };
        last = null;
        // The first figures of a phase are shown at once on a terminal, elsewhere after a while.
        paintedAtMs = screen.motion ? -Infinity : event.atMs;
        return;
      case 'progress':
        return onProgress(event);
      case 'phase-end':
        phase = null;
        return line(phaseLine(event.phase, event.durationMs, last));
      case 'note':
        return line(`  ${printable(event.message)}`);
      case 'kill':
        return line(`  ${paint('killed', ['bold', 'red'], screen.colour)}  the whole host, with SIGKILL`);
      case 'drill-end':
        closeGroup();
        return line(verdictLine(event, isGithub, screen));
      case 'run-end':
        return closeGroup();
      default:
        throw new TypeError(`no such event: ${JSON.stringify(event satisfies never)}`);
    }
  };
  return { onEvent, close: closeGroup };
}

/** Lines, of which the last may be painted over, and what GitHub folds of them. */
function createPrinter(screen: Screen) {
  let isPainted = false;
  let isGroupOpen = false;
  const clear = (): void => {
    if (isPainted) screen.write('\r\u001b[2K');
    isPainted = false;
  };
  const line = (text: string): void => {
    clear();
    screen.write(`${text}\n`);
  };
  return {
    line,
    paintOver: (text: string): void => {
      screen.write(`\r\u001b[2K${text}`);
      isPainted = true;
    },
    openGroup: (title: string): void => {
      line(githubGroup(title));
      isGroupOpen = true;
    },
    closeGroup: (): void => {
      clear();
      if (isGroupOpen) line(GITHUB_GROUP_END);
      isGroupOpen = false;
    },
  };
}

/** Below a group the name of its drill is out of sight. */
function verdictLine(
  { verdict, drillId, reason }: Extract<DrillEvent, { type: 'drill-end' }>,
  isNamed: boolean,
  { colour }: Screen,
): string {
  const name = isNamed ? `${printable(drillId)}: ` : '';
  return `  ${paint(verdict, verdictColour(verdict), colour)}  ${name}${printable(reason)}`;
}

function phaseLine(name: string, durationMs: number, last: Progress | null): string {
  const figures = last === null ? '' : `  ${amount(last)}${figuresOf(last)}`;
  return `  ${printable(name).padEnd(PHASE_WIDTH)}${duration(durationMs).padStart(9)}${figures}`;
}

function plainProgress(event: Progress, elapsedMs: number): string {
  return `  ${printable(event.phase)}: ${amount(event)}${figuresOf(event)}, ${duration(elapsedMs)}`;
}

/** Never wider than the screen: a line that wraps cannot be painted over. */
function progressLine(event: Progress, elapsedMs: number, { columns, colour }: Screen): string {
  const share = event.total > 0 ? Math.min(1, Math.max(0, event.done / event.total)) : 0;
  const filled = Math.round(share * BAR_WIDTH);
  const name = `  ${printable(event.phase).padEnd(PHASE_WIDTH)}`;
  const text = `  ${amount(event)}${figuresOf(event)}  ${duration(elapsedMs)}`;
  const room = columns - 1;
  if (room < name.length + BAR_WIDTH + 12) return charactersOf(`${name}${text}`).slice(0, room).join('');
  const bar =
    paint('━'.repeat(filled), 'green', colour) + paint('━'.repeat(BAR_WIDTH - filled), 'dim', colour);
  const plainBar = colour ? bar : `${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}`;
  return `${name}${plainBar}${charactersOf(text)
    .slice(0, room - name.length - BAR_WIDTH)
    .join('')}`;
}

function amount({ done, total, label }: Progress): string {
  const of = total > 0 ? `/${count(total)}` : '';
  return `${count(done)}${of} ${printable(label)}`;
}

function figuresOf({ figures }: Progress): string {
  return Object.entries(figures)
    .map(
      ([name, figure]) =>
        `, ${printable(name)} ${typeof figure === 'number' ? count(figure) : printable(figure)}`,
    )
    .join('');
}
