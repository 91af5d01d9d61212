import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Evidence } from '../evidence.ts';
import { databaseIn, evidenceWith, finding, greenRun, KILL_US } from '../judge/green-evidence.ts';
import { judgeRun } from '../judge/judge.ts';
import { renderHtml } from '../report/html/page.ts';

/** The report in a real browser: the `chromium` on PATH, or the one that CHROMIUM names. */

const SHOP = 'realms/acme/apps/shop/data.db';
const DESK = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844, isMobile: true, hasTouch: true };

let browser: Browser;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drill-browser-'));
  browser = await puppeteer.launch({
    executablePath: process.env['CHROMIUM'] ?? onPath('chromium'),
    // Chromium refuses its sandbox to root, as which containers and CI often run.
    args: process.getuid?.() === 0 ? ['--no-sandbox', '--disable-gpu'] : ['--disable-gpu'],
  });
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

function onPath(name: string): string {
  return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
}

/** A report as a browser opens it, and everything that the browser complains of or asks for. */
async function open(html: string, options: { viewport: typeof DESK; scheme: 'light' | 'dark' }) {
  const file = join(folder, 'report.html');
  writeFileSync(file, html);
  const page = await browser.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => requests.push(request.url()));
  await page.setViewport(options.viewport);
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: options.scheme }]);
  await page.goto(pathToFileURL(file).href);
  return { page, complaints, requests: requests.filter((url) => !url.startsWith('data:')) };
}

const REPORTS: readonly (readonly [string, string])[] = [
  ['of a drill that passed', reportOf(() => undefined)],
  [
    'of a drill with losses, faults and findings',
    reportOf((evidence) => {
      const shop = databaseIn(evidence, SHOP);
      Object.assign(shop, { lostWriteAgesMs: [42_000, 10], acknowledged: 102 });
      shop.verified?.findings.push(finding('content', SHOP, 3));
      const window = { phase: 'load', fromMs: 100, toMs: 1e9 } as const;
      evidence.faults.push({ id: 'outage', engaged: true, count: 3, window });
    }),
  ],
  [
    'of a thousand databases',
    reportOf((evidence) => {
      const shop = databaseIn(evidence, SHOP);
      for (let index = 0; index < 1000; index++) {
        evidence.databases.push({ ...structuredClone(shop), path: `realms/acme/apps/a-${index}/data.db` });
      }
    }),
  ],
];

describe.each(REPORTS)('the report %s', (_, html) => {
  it.each([
    ['desk', 'light', DESK],
    ['desk', 'dark', DESK],
    ['phone', 'light', PHONE],
    ['phone', 'dark', PHONE],
  ] as const)('opens on a %s, %s: nothing asked for, nothing refused, nothing too wide', async (...how) => {
    const [, scheme, viewport] = how;
    const { page, complaints, requests } = await open(html, { viewport, scheme });
    expect(complaints).toEqual([]);
    expect(requests).toHaveLength(1);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      viewport.width,
    );
    expect(await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches)).toBe(
      scheme === 'dark',
    );
    expect(await leastContrast(page)).toBeGreaterThanOrEqual(4.5);
    await page.close();
  });

  it('has a table beside every chart, and every link to a place in it leads somewhere', async () => {
    const { page } = await open(html, { viewport: DESK, scheme: 'light' });
    const broken = await page.$$eval('a[href^="#"]', (links) =>
      links
        .map((link) => link.getAttribute('href') ?? '')
        .filter((href) => document.getElementById(decodeURIComponent(href.slice(1))) === null),
    );
    expect(broken).toEqual([]);
    const charts = await page.$$eval('figure', (figures) =>
      figures
        .filter((figure) => figure.querySelector('svg') !== null)
        .map((figure) => figure.querySelector('table') !== null),
    );
    expect(charts.length).toBeGreaterThan(3);
    expect(charts).not.toContain(false);
    await page.close();
  });

  it('prints on pages of paper', async () => {
    const { page } = await open(html, { viewport: DESK, scheme: 'dark' });
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.byteLength).toBeGreaterThan(10_000);
    await page.close();
  });
});

function reportOf(change: (evidence: Evidence) => void): string {
  const evidence = evidenceWith((green) => {
    const [fromUs, spanUs] = [KILL_US - 10_000_000, 1_000_000];
    green.acknowledgements = { fromUs, spanUs, counts: Array.from({ length: 10 }, () => 30) };
    change(green);
  });
  return renderHtml(judgeRun([evidence], greenRun([evidence])));
}

/** The least contrast of any text that is to be read with what is behind it (WCAG 2.2, 1.4.3: 4.5 for text of ordinary size). */
function leastContrast(page: Page): Promise<number> {
  return page.evaluate(() => {
    const channels = (color: string): number[] => (color.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = (color: string): number => {
      const [red = 0, green = 0, blue = 0] = channels(color).map((value) => {
        const share = value / 255;
        return share <= 0.039_28 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const behind = (element: Element | null): string => {
      for (let at = element; at !== null; at = at.parentElement) {
        const color = getComputedStyle(at).backgroundColor;
        if ((channels(color)[3] ?? 1) > 0.99) return color;
      }
      return 'rgb(255, 255, 255)';
    };
    const texts = [...document.querySelectorAll('body *:not(svg):not(svg *)')].filter((element) =>
      [...element.childNodes].some(
        (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== '',
      ),
    );
    return texts.reduce((least, element) => {
      const [text, ground] = [luminance(getComputedStyle(element).color), luminance(behind(element))];
      const contrast = (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
      return Math.min(least, contrast);
    }, 21);
  });
}
