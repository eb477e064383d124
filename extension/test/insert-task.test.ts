import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  decoratorOf,
  isTask,
  mistakes,
  NO_OPTIONS
} from '../src/insert/decorator';
import {
  findAgain,
  functionAt,
  functionsOf,
  importedName,
  readSignature
} from '../src/insert/python';

const names = (code: string): string[] =>
  functionsOf(code).flatMap(({ parameters }) =>
    parameters.map(({ name, kind }) => `${kind}:${name}`)
  );

test('parameters are read with defaults, annotations and stars', () => {
  assert.deepEqual(
    names(
      'def f(a, b: dict[str, int] = {"x": (1, 2)}, /, c=lambda x, y: x, *args, d: "a, b)" = ")", **kw) -> tuple[int, int]:\n    pass'
    ),
    ['plain:a', 'plain:b', 'plain:c', 'list:args', 'plain:d', 'dict:kw']
  );
  assert.deepEqual(names('def f(*, only): pass'), ['plain:only']);
  assert.deepEqual(names('def f(): pass'), []);
  assert.deepEqual(
    names('def f(\n    a,  # with ) and "\n    größe=1,\n):\n  pass'),
    ['plain:a', 'plain:größe']
  );
});

test('code in strings, comments and magics defines nothing', () => {
  const code = [
    '"""',
    'def no(a): pass',
    '"""',
    "%timeit f('",
    '!ls "(',
    "x = 'it\\'s' # def neither(",
    'r"\\" + "',
    'def yes(a): return 1'
  ].join('\n');
  assert.deepEqual(
    functionsOf(code).map(({ name }) => name),
    ['yes']
  );
});

test('a function is found again when code around it has changed, else not', () => {
  const code = '@cache\ndef f(a, *b): return a';
  const [found] = functionsOf(code);
  assert.ok(found);
  assert.equal(findAgain(found, `x = 1\n${code}\n`)?.start, 6);
  assert.equal(findAgain(found, `${code} + 1`)?.start, 0);
  assert.equal(findAgain(found, '@cache\ndef f(a): return a'), null);
  assert.equal(findAgain(found, '@ef.task\ndef f(a, *b): return a'), null);
  assert.equal(findAgain(found, '@cache\ndef g(a, *b): return a'), null);
  assert.equal(findAgain(found, ''), null);
});

test('functions within functions and classes are left alone', () => {
  const code = 'class C:\n    def m(self): pass\ndef f():\n    def g(): pass\n';
  assert.deepEqual(
    functionsOf(code).map(({ name }) => name),
    ['f']
  );
});

test('the function of the cursor is meant', () => {
  const code = 'x = 1\ndef a():\n    pass\n\n@cache\ndef b():\n    pass\n';
  assert.equal(functionAt(code, 0)?.name, 'a');
  assert.equal(functionAt(code, code.indexOf('pass'))?.name, 'a');
  assert.equal(functionAt(code, code.indexOf('@'))?.name, 'b');
  assert.equal(functionAt(code, code.length)?.name, 'b');
  assert.equal(functionAt('x = 1', 0), null);
  assert.equal(functionAt(code, code.length)?.start, code.indexOf('@'));
});

test('values that are returned are counted', () => {
  const returns = (body: string): number | undefined =>
    functionsOf(`def f(a):\n${body}`)[0]?.returns;
  assert.equal(returns('    return a, 1'), 2);
  assert.equal(returns('    return (a, [1, 2], 3)'), 3);
  assert.equal(returns('    return f(a, 1)'), 1);
  assert.equal(returns('    return a, 1\n    return a'), 1);
  assert.equal(returns('    return a,'), 1);
  assert.equal(returns('    def g():\n        return 1, 2\n    return g'), 1);
  assert.equal(returns('    if a: return 1, 2\n    return 3, 4'), 2);
  assert.equal(returns('    return lambda x: (x, 1), 2'), 1);
  assert.equal(functionsOf('def f(a): return a, 1')[0]?.returns, 2);
});

test('what would never run as a task is known', () => {
  const isLazy = (code: string): boolean | undefined =>
    functionsOf(code)[0]?.isLazy;
  assert.equal(isLazy('async def f(): pass'), true);
  assert.equal(isLazy('def f():\n    yield 1'), true);
  assert.equal(
    isLazy('def f():\n    def g():\n        yield 1\n    return g'),
    false
  );
});

test('half-written and strange code throws nothing', () => {
  for (const code of [
    'def',
    'def f',
    'def f(',
    'def f(a, "',
    "'''",
    ')]}',
    '@',
    '\\',
    'def f(a b c',
    '<img src=x onerror=1>'
  ]) {
    functionsOf(code);
  }
});

test('a typed function is read whole or not at all', () => {
  assert.equal(readSignature('f(a, b=1)')?.parameters.length, 2);
  assert.equal(readSignature('def f(a):')?.name, 'f');
  for (const text of [
    '',
    'f',
    'f(',
    '1f()',
    'f() + g()',
    'f(a)); import os; g(',
    'class(a)',
    'f(if)'
  ]) {
    assert.equal(readSignature(text), null, text);
  }
});

test('the name of the module is that of its import', () => {
  assert.equal(importedName('import eflows_nb as ef'), 'ef');
  assert.equal(importedName('import os, eflows_nb'), 'eflows_nb');
  assert.equal(importedName('# import eflows_nb as ef'), null);
  assert.equal(importedName('x = "import eflows_nb as ef"'), null);
});

test('only what is not usual is written', () => {
  const [made] = functionsOf('def f(total, field, returns): pass');
  assert.ok(made !== undefined);
  const write = (
    directions: Record<string, string>,
    options = {},
    onFailure = 'fail'
  ): string =>
    decoratorOf('ef', made, {
      directions,
      onFailure,
      options: { ...NO_OPTIONS, ...options }
    });
  assert.equal(write({}), '@ef.task');
  assert.equal(write({ field: 'IN' }, { returns: '1' }), '@ef.task');
  assert.equal(
    write(
      { total: 'INOUT', field: 'FILE_IN', returns: 'OUT' },
      { returns: '2', cores: '4', memory: '4 GB', time_out: '600' },
      'retry'
    ),
    '@ef.task(total=ef.INOUT, field=ef.FILE_IN, on_failure="retry", returns=2, cores=4, memory="4 GB", time_out=600)'
  );
});

test('options that make no sense are named', () => {
  const wrong = (options: object, onFailure = 'fail'): string[] =>
    mistakes({ options: { ...NO_OPTIONS, ...options }, onFailure });
  assert.deepEqual(wrong({}), []);
  assert.deepEqual(
    wrong({
      returns: '2',
      cores: '1',
      memory: '1.5 GiB',
      gpus: '0',
      retries: '3',
      time_out: '0.5',
      priority: '-1'
    }),
    []
  );
  assert.deepEqual(
    wrong({
      returns: '0',
      cores: '-1',
      memory: '"; x',
      gpus: 'a',
      retries: '1.5',
      time_out: '0',
      priority: 'high'
    }),
    ['returns', 'cores', 'memory', 'gpus', 'retries', 'time_out', 'priority']
  );
  assert.deepEqual(wrong({ retries: '2' }, 'retry'), []);
  assert.deepEqual(wrong({ retries: '0' }, 'ignore'), []);
  assert.deepEqual(wrong({ retries: '2' }, 'ignore'), ['retries']);
  assert.deepEqual(wrong({ retries: '2' }, 'cancel_successors'), ['retries']);
});

test('a task function is known by its decorator', () => {
  assert.ok(isTask(['ef.task(returns=2)']));
  assert.ok(isTask(['cache', 'task']));
  assert.ok(!isTask(['cache', 'ef.tasks', 'my_task']));
});
