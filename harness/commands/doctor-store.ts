import { DrillError } from '../errors.ts';
import { chooseStore, describeChoice, minioImage } from '../store/choose.ts';
import {
  findContainerEngine,
  type ImageState,
  imageState,
  notPullable,
  startReaper,
} from '../store/container-engine.ts';
import { findMinioProgram } from '../store/minio-program.ts';
import type { Diagnosis } from './doctor.ts';

/** What a drill on MinIO needs of this machine, and which store `--store=auto` would take. No image is pulled. */
export async function storeDiagnoses(env: NodeJS.ProcessEnv): Promise<Diagnosis[]> {
  const image = minioImage(env);
  const [engine, program] = await Promise.all([
    attempt(() => findContainerEngine(env)),
    attempt(() => findMinioProgram(env)),
  ]);
  const found = engine instanceof DrillError ? engine : await imageState(engine, image);
  const chosen = await chooseStore('auto', {
    container: async () => {
      if (engine instanceof DrillError) throw engine;
      if (!(found instanceof DrillError) && found.state === 'unknown')
        throw notPullable(image, found.why, null);
      await startReaper(engine, env);
      return { kind: 'minio', runs: 'container', image };
    },
    process: async () => {
      if (program instanceof DrillError) throw program;
      return { kind: 'minio', runs: 'process', program };
    },
  });
  return [
    tell('container engine', engine, ({ description }) => description),
    imageDiagnosis(image, found),
    tell('minio program', program, ({ path, version }) => `${version}, ${path}`),
    { name: 'store', state: 'ok', found: `auto takes ${describeChoice(chosen)}`, fix: '' },
  ];
}

function imageDiagnosis(image: string, found: ImageState | DrillError): Diagnosis {
  const name = 'MinIO image';
  if (found instanceof DrillError) {
    return { name, state: 'warn', found: `${image}: there is no engine to ask`, fix: '' };
  }
  if (found.state === 'unknown') {
    const error = notPullable(image, found.why, null);
    return { name, state: 'warn', found: `${error.what}: ${error.why}`, fix: error.fix };
  }
  const where = found.state === 'present' ? 'is there' : 'will be pulled when it is needed';
  return { name, state: 'ok', found: `${image} ${where}`, fix: '' };
}

function tell<T>(name: string, found: T | DrillError, describe: (found: T) => string): Diagnosis {
  if (!(found instanceof DrillError)) return { name, state: 'ok', found: describe(found), fix: '' };
  return { name, state: 'warn', found: `${found.what}: ${found.why}`, fix: found.fix };
}

async function attempt<T>(work: () => Promise<T>): Promise<T | DrillError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DrillError) return error;
    throw error;
  }
}
