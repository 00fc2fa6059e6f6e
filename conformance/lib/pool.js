// Many runs of one thing, some of them at the same time.

/** Runs `body(index)` for every index below `count`, at most `width` at a time. */
export async function pool(count, width, body) {
  let next = 0;
  const worker = async () => {
    while (next < count) await body(next++);
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, worker));
}
