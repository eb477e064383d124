import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  ClustersModel,
  type Answer,
  type IClusterRequests
} from '../src/clusters/model';
import { readListing } from '../src/clusters/protocol';
import listing from '../../tests/protocol/clusters.json';

class Server implements IClusterRequests {
  asked = 0;
  willStop = true;
  clusters = [...listing.clusters];

  list(): Promise<Answer> {
    this.asked++;
    return Promise.resolve({
      kind: 'listed',
      ...listing,
      clusters: this.clusters
    });
  }

  stop(id: string): Promise<boolean> {
    if (this.willStop) {
      this.clusters = this.clusters.filter(cluster => cluster.id !== id);
    }
    return Promise.resolve(this.willStop);
  }
}

test('the answer of the server is read whole', () => {
  assert.deepEqual(readListing(listing), listing);
});

test('an answer that is something else is not guessed at', () => {
  for (const data of [null, [], {}, { clusters: 1 }, { clusters: [{}] }]) {
    assert.equal(readListing(data), null);
  }
});

test('nothing is known before the server was asked', async () => {
  const model = new ClustersModel(new Server());
  assert.equal(model.answer, null);
  await model.refresh();
  assert.deepEqual(model.answer, {
    kind: 'listed',
    ...listing
  });
});

test('what a process uses is not taken for that of another host', async () => {
  const model = new ClustersModel(new Server());
  assert.equal(model.usageOf('n01', 4712), null);
  await model.refresh();
  assert.equal(model.usageOf('n01', 4712)?.memory, 104857600);
  assert.equal(model.usageOf('localhost', 4712)?.memory, 104857600);
  assert.equal(model.usageOf('n02', 4712), null);
  assert.equal(model.usageOf('n01', 1), null);
});

test('asking again during a request asks once more, not many times', async () => {
  const server = new Server();
  const model = new ClustersModel(server);
  const first = model.refresh();
  await Promise.all([model.refresh(), model.refresh(), first]);
  assert.equal(server.asked, 2);
});

test('a cluster is stopping until it is gone', async () => {
  const model = new ClustersModel(new Server());
  await model.refresh();
  const stopped = model.stop('eflows-1a2b');
  assert.ok(model.isStopping('eflows-1a2b'));
  await stopped;
  assert.ok(!model.isStopping('eflows-1a2b'));
  assert.equal(
    model.answer?.kind === 'listed' && model.answer.clusters.length,
    1
  );
});

test('a cluster that cannot be stopped is named', async () => {
  const server = new Server();
  server.willStop = false;
  const model = new ClustersModel(server);
  await model.stop('eflows-1a2b');
  assert.equal(model.unstopped, 'eflows-1a2b');
});
