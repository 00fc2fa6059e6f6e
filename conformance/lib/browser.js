// A real browser: Debian's Chromium, headless, with a profile that lives as long as the browser.

import { existsSync } from 'node:fs';

import { chromium } from 'playwright-core';

const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts a browser; its profile is a new temporary directory. */
export async function startBrowser() {
  if (!existsSync(EXECUTABLE)) {
    throw new Error(`no browser at ${EXECUTABLE}: install the package chromium, or set CHROMIUM`);
  }
  return chromium.launch({ executablePath: EXECUTABLE, args: FLAGS });
}

/** Runs `body` with a page of its own; resolves once the page is gone. */
export async function withPage(browser, body) {
  const context = await browser.newContext();
  const faults = [];
  try {
    const page = await context.newPage();
    page.on('pageerror', (error) => faults.push(String(error)));
    return await body(page, { context, faults });
  } catch (error) {
    if (faults.length) error.message += `\n--- errors in the page ---\n${faults.join('\n')}`;
    throw error;
  } finally {
    await context.close();
  }
}
