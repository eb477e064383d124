import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Signal } from '@lumino/signaling';

import {
  NotebookBinding,
  type IFileChange,
  type IOpenNotebook
} from '../src/run/binding';

/** A notebook in a tab. */
class Tab implements IOpenNotebook {
  constructor(path: string) {
    this.context = { path, pathChanged: new Signal<this, string>(this) };
  }

  readonly context;
  readonly disposed = new Signal<this, void>(this);
  isDisposed = false;

  rename(path: string): void {
    this.context.path = path;
    this.context.pathChanged.emit(path);
  }
}

/** The tabs of a page, and the files behind them. */
class Page {
  readonly widgetAdded = new Signal<this, Tab>(this);
  readonly fileChanged = new Signal<this, IFileChange>(this);
  tabs: Tab[] = [];

  find(isWanted: (tab: Tab) => boolean): Tab | undefined {
    return this.tabs.find(isWanted);
  }

  open(path: string): Tab {
    const tab = new Tab(path);
    this.tabs.push(tab);
    this.widgetAdded.emit(tab);
    return tab;
  }

  close(tab: Tab): void {
    tab.isDisposed = true;
    this.tabs = this.tabs.filter(one => one !== tab);
    tab.disposed.emit();
  }

  move(from: string, to: string): void {
    this.fileChanged.emit({
      type: 'rename',
      oldValue: { path: from },
      newValue: { path: to }
    });
  }
}

function bound(path: string) {
  const page = new Page();
  const binding = new NotebookBinding<Tab>(path, page, page);
  let news = 0;
  binding.changed.connect(() => news++);
  return { page, binding, news: () => news };
}

test('a notebook is found when it is opened, and not another one', () => {
  const { page, binding, news } = bound('a.ipynb');
  page.open('b.ipynb');
  assert.equal(binding.notebook, null);
  const tab = page.open('a.ipynb');
  assert.equal(binding.notebook, tab);
  assert.equal(news(), 1);
});

test('a notebook that is renamed stays the same', () => {
  const { page, binding, news } = bound('a.ipynb');
  const tab = page.open('a.ipynb');
  tab.rename('folder/b.ipynb');
  assert.equal(binding.notebook, tab);
  assert.equal(binding.path, 'folder/b.ipynb');
  assert.equal(news(), 2);
  page.close(tab);
  assert.equal(binding.notebook, null);
  assert.equal(page.open('folder/b.ipynb'), binding.notebook);
});

test('a closed notebook is found under the new name of its folder', () => {
  const { page, binding } = bound('old/a.ipynb');
  page.move('old', 'new');
  assert.equal(binding.path, 'new/a.ipynb');
  page.move('ne', 'other');
  assert.equal(binding.path, 'new/a.ipynb');
  assert.equal(page.open('new/a.ipynb'), binding.notebook);
});

test('another tab takes the place of one that is closed', () => {
  const { page, binding } = bound('a.ipynb');
  const first = page.open('a.ipynb');
  const second = page.open('a.ipynb');
  assert.equal(binding.notebook, first);
  page.close(first);
  assert.equal(binding.notebook, second);
});

test('who is told no more is not told', () => {
  const { page, binding, news } = bound('a.ipynb');
  const tab = page.open('a.ipynb');
  binding.dispose();
  page.close(tab);
  assert.equal(news(), 1);
});
