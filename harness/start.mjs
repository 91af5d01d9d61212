#!/usr/bin/env node
// Plain JavaScript, so that an older Node gets as far as the line that refuses it.
import './node-version.mjs';

await import('./cli.ts');
