import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Kernel as Api } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

import { KernelChannel } from '../src/session/channel';

/** What a channel uses of JupyterLab's connection to a kernel. */
class Kernel {
  readonly connectionStatus = 'connected';
  readonly connectionStatusChanged = new Signal<this, string>(this);
  readonly statusChanged = new Signal<this, string>(this);
  readonly asked: unknown[] = [];
  answer: Promise<unknown> = Promise.resolve();
  readonly comm = {
    onMsg: (_: object): void => undefined,
    dispose: () => undefined
  };
  readonly username = '';
  readonly clientId = '';
  readonly isDisposed = false;
  status = 'idle';

  hasComm(): boolean {
    return false;
  }

  createComm(): object {
    return this.comm;
  }

  sendControlMessage(message: { content: object }): object {
    if (this.status === 'dead') {
      throw new Error('Kernel is dead');
    }
    this.asked.push(message.content);
    return { done: this.answer };
  }

  say(data: object): void {
    this.comm.onMsg({ content: { data } });
  }

  become(status: string): void {
    this.status = status;
    this.statusChanged.emit(status);
  }
}

function channelTo(kernel: Kernel): KernelChannel {
  return new KernelChannel(kernel as unknown as Api.IKernelConnection);
}

test('a session is over when its kernel restarts or dies', () => {
  for (const status of ['restarting', 'autorestarting', 'dead']) {
    const kernel = new Kernel();
    const channel = channelTo(kernel);
    kernel.say({ version: 1, kind: 'session' });
    kernel.become('busy');
    assert.notEqual(channel.latest, null);
    kernel.become(status);
    assert.equal(channel.latest, null);
  }
});

test('a kernel without our comm is known to have no session', async () => {
  const kernel = new Kernel();
  kernel.answer = Promise.resolve({ content: { comms: { other: {} } } });
  const channel = channelTo(kernel);
  assert.equal(channel.hasNone, false);
  await kernel.answer;
  assert.equal(channel.hasNone, true);
  kernel.say({ version: 1, kind: 'session' });
  await kernel.answer; // it was given before the session began
  assert.equal(channel.hasNone, false);
  kernel.become('restarting');
  assert.equal(channel.hasNone, true);
});

test('a dead kernel is not asked, and whoever wants to know is not refused', () => {
  const kernel = new Kernel();
  kernel.status = 'dead';
  const channel = channelTo(kernel);
  channel.watch(() => ({ stream: '', sequence: -1 }));
  channel.request({ task: 1 });
  assert.deepEqual(kernel.asked, []);
});

test('views of one kernel are told what any of them lacks', () => {
  const kernel = new Kernel();
  const channel = channelTo(kernel);
  const known = (sequence: number) => ({ stream: 's', sequence });
  channel.watch(() => known(7));
  const late = channel.watch(() => known(-1));
  const asked = (): unknown =>
    (kernel.asked.at(-1) as { eflows?: unknown }).eflows;
  assert.deepEqual(asked(), { watch: known(-1) });
  late.dispose();
  channel.request({ task: 1 });
  assert.deepEqual(asked(), { watch: known(7), task: 1 });
  channel.watchCells(() => known(3));
  channel.watchCells(() => known(2)).dispose();
  channel.request({ task: 2 });
  assert.deepEqual(asked(), { watch: known(7), cells: known(3), task: 2 });
});
