// A reporter of `node --test` that yields the outcome of each case: a line of JSON with its address and whether it passed.

import { relative } from 'node:path';

/** Leaves are cases. What holds them is one too if it failed by itself, in a hook or when a file was loaded. */
export default async function* outcomes(source) {
  // File -> the names of the cases that have begun, from the outermost.
  const begun = new Map();
  // Addresses of what holds a case that has been reported.
  const holders = new Set();
  for await (const { type, data } of source) {
    if (!data?.file) continue;
    const path = begun.get(data.file) ?? [];
    begun.set(data.file, path);
    if (type === 'test:start') path.splice(data.nesting, Infinity, data.name);
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const names = [...path.slice(0, data.nesting), data.name];
    for (let depth = 1; depth < names.length; depth += 1) holders.add(address(data.file, names.slice(0, depth)));
    const self = address(data.file, names);
    const holder = holders.has(self) || data.details?.type === 'suite';
    const passed = type === 'test:pass';
    if (data.skip !== undefined || data.todo !== undefined) continue;
    if (holder && (passed || data.details?.error?.failureType === 'subtestsFailed')) continue;
    yield `${JSON.stringify({ case: self, passed })}\n`;
  }
}

function address(file, names) {
  const path = relative(process.cwd(), file);
  // A file that could not be loaded is reported under its own name.
  return names.length === 1 && (names[0] === file || names[0] === path) ? path : `${path}::${names.join(' > ')}`;
}
