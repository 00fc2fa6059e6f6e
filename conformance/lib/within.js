// Patience: no wait of this suite is endless.

/** Rejects if `promise` is not settled in time: a test that hangs fails, with the server's log at hand. */
export function within(milliseconds, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${milliseconds} ms`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
