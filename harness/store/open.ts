import type { StorePlan } from './choose.ts';
import type { Store, StoreOptions } from './store.ts';

/** Opens a store by its plan. What each kind needs is loaded only for that kind. */
export async function openStoreByPlan(plan: StorePlan, options: StoreOptions): Promise<Store> {
  if (plan.kind === 'minio') return openMinio(plan, options);
  if (plan.kind === 'external') {
    const { startExternalStore } = await import('./external.ts');
    return startExternalStore(plan.settings, options);
  }
  const { startEmbeddedStore } = await import('./embedded.ts');
  return startEmbeddedStore(options);
}

async function openMinio(plan: Extract<StorePlan, { kind: 'minio' }>, options: StoreOptions): Promise<Store> {
  const { openMinioStore } = await import('./minio.ts');
  if (plan.runs === 'process') {
    const { startMinioProcess } = await import('./minio-process.ts');
    return openMinioStore((root) => startMinioProcess(plan.program, root, options), options);
  }
  const { startMinioContainer } = await import('./minio-container.ts');
  return openMinioStore((root) => startMinioContainer(plan.image, root, options), options);
}
