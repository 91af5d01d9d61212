import { changesBetween, type ListingChange } from '../store/listing-changes.ts';
import type { S3Object } from '../store/s3-client.ts';
import type { Store } from '../store/store.ts';
import type { DrillContext } from './context.ts';

/** Times in which nobody may write, seen from outside by listing; for a store whose requests we cannot log. */
export interface UploadWatch {
  /** Open while `before` is there. */
  before: readonly S3Object[] | null;
  openedUs: number;
  readonly windows: { readonly fromUs: number; readonly toUs: number }[];
  readonly changes: (ListingChange & { readonly atUs: number })[];
  /** Why a window could not be looked at; null: all of them were. */
  failure: string | null;
}

export function newUploadWatch(): UploadWatch {
  return { before: null, openedUs: 0, windows: [], changes: [], failure: null };
}

/** A host is dead and what it had sent is in: from here on nothing may change, until a new host starts. */
export async function openUploadWindow({ found, order }: DrillContext, store: Store): Promise<void> {
  if (store.uploadWatch !== 'listing') return;
  found.uploadWatch.openedUs = order.clock.nowUs();
  found.uploadWatch.before = await store.observer.list(`${store.prefix}/`);
}

/** The last look before somebody writes again, or before the drill ends. A listing that fails here is told, not thrown. */
export async function closeUploadWindow({ found, order }: DrillContext, store: Store): Promise<void> {
  const { before, openedUs: fromUs, windows, changes } = found.uploadWatch;
  if (before === null) return;
  found.uploadWatch.before = null;
  try {
    const after = await store.observer.list(`${store.prefix}/`);
    const toUs = order.clock.nowUs();
    windows.push({ fromUs, toUs });
    changes.push(...changesBetween(before, after).map((change) => ({ ...change, atUs: toUs })));
  } catch (error) {
    found.uploadWatch.failure = error instanceof Error ? error.message : String(error);
  }
}
