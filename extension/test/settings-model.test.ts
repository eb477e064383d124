import assert from 'node:assert/strict';
import { test } from 'node:test';

import { SettingsModel } from '../src/settings/model';
import { DEFAULTS } from '../src/settings/tokens';
import schema from '../schema/settings.json';

test('the schema and the page agree on what is usual', () => {
  const usual = Object.entries(schema.properties).map(([name, value]) => [
    name,
    value.default
  ]);
  assert.deepEqual(Object.fromEntries(usual), { ...DEFAULTS });
});

test('what the user sets is told', () => {
  const model = new SettingsModel();
  let changes = 0;
  model.changed.connect(() => changes++);
  model.take({ engines: 4, runView: 'table', strips: false });
  assert.equal(changes, 1);
  assert.deepEqual(model.values, {
    ...DEFAULTS,
    engines: 4,
    runView: 'table',
    strips: false
  });
});

test('what makes no sense is as if it were not set', () => {
  const model = new SettingsModel();
  model.take({
    engines: -1,
    updateSeconds: 'often',
    statusBar: 1,
    strips: null,
    runView: 'constructor',
    runs: NaN
  });
  assert.deepEqual(model.values, DEFAULTS);
});
