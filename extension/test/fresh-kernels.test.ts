import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Signal, type Slot } from '@lumino/signaling';

import { FreshKernels, type IRestartable } from '../src/cells/fresh-kernels';

class CountedSignal extends Signal<IRestartable, string> {
  slots = 0;

  override connect(slot: Slot<IRestartable, string>, context?: unknown) {
    const isNew = super.connect(slot, context);
    this.slots += isNew ? 1 : 0;
    return isNew;
  }
}

class Kernel implements IRestartable {
  readonly statusChanged: CountedSignal = new CountedSignal(this);
}

test('a kernel is fresh once, and again whenever it begins anew', () => {
  const kernels = new FreshKernels();
  const kernel = new Kernel();
  assert.deepEqual([kernels.take(kernel), kernels.take(kernel)], [true, false]);
  kernel.statusChanged.emit('busy');
  assert.equal(kernels.take(kernel), false);
  kernel.statusChanged.emit('restarting');
  assert.deepEqual([kernels.take(kernel), kernels.take(kernel)], [true, false]);
});

test('a kernel that begins anew many times is listened to once', () => {
  const kernels = new FreshKernels();
  const kernel = new Kernel();
  for (let round = 0; round < 5; round++) {
    kernels.take(kernel);
    kernel.statusChanged.emit('restarting');
  }
  assert.equal(kernel.statusChanged.slots, 1);
});
