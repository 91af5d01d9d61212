import { AWS_NAMES, type SettingNames } from './diagnose.ts';

/** Where the user says what the external store is. */
export const EXTERNAL_NAMES: SettingNames = {
  endpoint: 'DRILL_S3_ENDPOINT',
  region: 'DRILL_S3_REGION',
  bucket: 'DRILL_S3_BUCKET',
  keys: AWS_NAMES.keys,
};
