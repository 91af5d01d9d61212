import { randomBytes } from 'node:crypto';
import type { StoreRole } from './request-log.ts';

/** A credential that lives as long as its store. */
export interface AccessKey {
  readonly id: string;
  readonly secret: string;
}

/** Of the lengths that AWS gives out, and that MinIO takes. */
export function newAccessKey(): AccessKey {
  return {
    id: `AKIA${randomBytes(8).toString('hex').toUpperCase()}`,
    secret: randomBytes(20).toString('hex'),
  };
}

/** A credential for each that asks a store of ours, and who is who. */
export function newAccessKeys() {
  const keys = {
    writer: newAccessKey(),
    rotatedWriter: newAccessKey(),
    newWriter: newAccessKey(),
    recovery: newAccessKey(),
    observer: newAccessKey(),
    saboteur: newAccessKey(),
  };
  const roles: Readonly<Record<string, StoreRole>> = {
    [keys.writer.id]: 'writer',
    [keys.rotatedWriter.id]: 'writer',
    [keys.newWriter.id]: 'new-writer',
    [keys.recovery.id]: 'recovery',
    [keys.observer.id]: 'observer',
    [keys.saboteur.id]: 'saboteur',
  };
  return { keys, roles };
}
