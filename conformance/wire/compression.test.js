// Compressed poll responses: when, how, and that caches are told.

import assert from 'node:assert/strict';
import { gunzipSync, inflateSync } from 'node:zlib';

import { splitPackets } from '../lib/session.js';
import { suite } from '../lib/suite.js';

const EXPECTED = [`4${'a long message '.repeat(200)}`];
const DECODERS = { gzip: gunzipSync, deflate: inflateSync };

/** Accept-Encoding -> the encoding that must be chosen. */
const NEGOTIATION = {
  'gzip': 'gzip',
  'deflate': 'deflate',
  'GZIP': 'gzip',
  'deflate;q=0.5, gzip;q=0.8': 'gzip',
  'deflate;q=0.8, gzip;q=0.5': 'deflate',
  'gzip;q=0, deflate': 'deflate',
  'gzip;q=0.001': 'gzip',
  'unknown, gzip': 'gzip',
};

const UNCOMPRESSED = ['identity', '', 'gzip;q=0', 'gzip;q=0.0, deflate;q=0', 'unknown', 'gzipped', '*;q=0'];

async function pollMessage(client, accept) {
  const session = await client.open();
  await session.send(...EXPECTED);
  const headers = accept === undefined ? [] : [['Accept-Encoding', accept]];
  return session.get({ headers });
}

suite('compression', { mode: 'commands' }, (check) => {
  for (const [accept, encoding] of Object.entries(NEGOTIATION)) {
    check(`Accept-Encoding: ${accept}`, async (client) => {
      const response = await pollMessage(client, accept);
      assert.equal(response.header('content-encoding'), encoding);
      assert.deepEqual(splitPackets(DECODERS[encoding](response.body).toString()), EXPECTED);
    });
  }

  for (const accept of [undefined, ...UNCOMPRESSED]) {
    check(`none: Accept-Encoding ${accept === undefined ? 'is absent' : `: ${accept}`}`, async (client) => {
      const response = await pollMessage(client, accept);
      assert.equal(response.header('content-encoding'), undefined);
      assert.deepEqual(splitPackets(response.text), EXPECTED);
    });
  }

  check('none below the threshold of 1024 bytes, some at it', async (client) => {
    const headers = [['Accept-Encoding', 'gzip']];
    for (const [size, encoding] of [
      [1023, undefined],
      [1024, 'gzip'],
    ]) {
      const session = await client.open();
      await session.send(`4${'a'.repeat(size - 1)}`);
      assert.equal((await session.get({ headers })).header('content-encoding'), encoding);
    }
  });

  check('`Vary` names Accept-Encoding, whether compressed or not', async (client) => {
    for (const accept of ['gzip', undefined]) {
      const vary = (await pollMessage(client, accept)).list('vary');
      assert.ok(vary.includes('accept-encoding'), `Vary: ${vary}`);
    }
  });
});

suite('compression: off', { mode: 'commands', noCompression: true }, (check) => {
  check('none', async (client) => {
    const response = await pollMessage(client, 'gzip, deflate');
    assert.equal(response.header('content-encoding'), undefined);
    assert.deepEqual(splitPackets(response.text), EXPECTED);
  });
});
