/** Finds functions and their parameters in Python code, without running it. */

/** How a parameter takes arguments. */
export type ParameterKind = 'plain' | 'list' | 'dict';

export interface IParameter {
  readonly name: string;
  readonly kind: ParameterKind;
}

/** A function as its code defines it. */
export interface IFunction {
  readonly name: string;
  readonly parameters: readonly IParameter[];
  /** Offset of its first decorator, or of its `def`. */
  readonly start: number;
  /** The text of its decorators, without `@`. */
  readonly decorators: readonly string[];
  /** Whether it is a coroutine or a generator, whose body would not run as a task. */
  readonly isLazy: boolean;
  /** How many values all of its `return` statements return; 1 when they differ. */
  readonly returns: number;
}

interface IToken {
  readonly text: string;
  readonly start: number;
  /** Depth of brackets before it. */
  readonly depth: number;
  /** Column, for the first token of a statement's line; else -1. */
  readonly column: number;
}

const NAME = /[\p{ID_Start}_][\p{ID_Continue}]*/uy;
const NUMBER = /\d[\w.]*/y;
const STRING =
  /(?:[rbuft]|br|rb|fr|rf|tr|rt)?('''[^]*?(?:(?<!\\)(?:\\\\)*'''|$)|"""[^]*?(?:(?<!\\)(?:\\\\)*"""|$)|'(?:\\[^]|[^'\\\n])*(?:'|$|(?=\n))|"(?:\\[^]|[^"\\\n])*(?:"|$|(?=\n)))/iy;
const OPERATOR = /->|:=|\*\*|\/\/|[^\s]/y;

/** Return the functions that code defines at its outermost level, in their order. */
export function functionsOf(code: string): IFunction[] {
  const lines = statements(tokens(code));
  const found: IFunction[] = [];
  let decorators: { text: string; start: number }[] = [];
  lines.forEach((line, place) => {
    const first = line[0];
    if (first === undefined || first.column !== 0) {
      return;
    }
    if (first.text === '@') {
      const last = line[line.length - 1] ?? first;
      const text = code.slice(first.start + 1, last.start + last.text.length);
      decorators.push({ text: text.trim(), start: first.start });
      return;
    }
    const isAsync = first.text === 'async' && line[1]?.text === 'def';
    if (isAsync || first.text === 'def') {
      const name = line[isAsync ? 2 : 1];
      const open = line.findIndex(token => token.text === '(');
      if (name !== undefined && open >= 0) {
        const body = bodyOf(lines, place);
        found.push({
          name: name.text,
          parameters: parametersOf(line.slice(open + 1)),
          start: decorators[0]?.start ?? first.start,
          decorators: decorators.map(({ text }) => text),
          isLazy: isAsync || body.some(isYield),
          returns: returnsOf(body)
        });
      }
    }
    decorators = [];
  });
  return found;
}

/** Return the function in whose text an offset lies, or the last one before it; else the first. */
export function functionAt(code: string, offset: number): IFunction | null {
  const found = functionsOf(code);
  return (
    [...found].reverse().find(({ start }) => start <= offset) ??
    found[0] ??
    null
  );
}

/**
 * Find a function in code that may have been edited since; null when it, its
 * parameters or its decorators are others.
 */
export function findAgain(
  { name, parameters, decorators, isLazy, start }: IFunction,
  code: string
): IFunction | null {
  const head = JSON.stringify([parameters, decorators, isLazy]);
  const distance = (one: IFunction): number => Math.abs(one.start - start);
  const [nearest] = functionsOf(code)
    .filter(
      one =>
        one.name === name &&
        JSON.stringify([one.parameters, one.decorators, one.isLazy]) === head
    )
    .sort((one, other) => distance(one) - distance(other));
  return nearest ?? null;
}

/** Read a function that was typed as `name(x, y=1)`; null when it is none. */
export function readSignature(text: string): IFunction | null {
  const trimmed = text
    .trim()
    .replace(/^def\s+/, '')
    .replace(/:$/, '');
  const all = /^[\p{ID_Start}_][\p{ID_Continue}]*\s*\([^]*\)$/u.test(trimmed);
  const [found] = all ? functionsOf(`def ${trimmed}:\n    pass`) : [];
  const isWhole =
    found?.parameters.every(({ name }) => !KEYWORDS.has(name)) === true &&
    !KEYWORDS.has(found.name) &&
    isOneCall(trimmed);
  return isWhole ? found : null;
}

/** Return the name by which code knows eflows_nb, null when it does not import it. */
export function importedName(code: string): string | null {
  for (const line of statements(tokens(code))) {
    const words = line.map(({ text }) => text);
    if (words[0] === 'import') {
      const place = words.indexOf('eflows_nb');
      if (place > 0 && words[place + 1] !== '.') {
        return words[place + 1] === 'as'
          ? (words[place + 2] ?? null)
          : 'eflows_nb';
      }
    }
  }
  return null;
}

const KEYWORDS = new Set(
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield'.split(
    ' '
  )
);

function tokens(code: string): IToken[] {
  const found: IToken[] = [];
  let depth = 0;
  let lineStart = 0;
  let isFirst = true;
  let at = 0;
  while (at < code.length) {
    const character = code[at] ?? '';
    if (character === '\n') {
      at++;
      if (depth === 0) {
        found.push({ text: '\n', start: at - 1, depth: 0, column: -1 });
        isFirst = true;
      }
      lineStart = at;
      continue;
    }
    if (/\s/.test(character)) {
      at++;
      continue;
    }
    if (character === '#') {
      const end = code.indexOf('\n', at);
      at = end < 0 ? code.length : end;
      continue;
    }
    if (character === '\\' && code[at + 1] === '\n') {
      at += 2; // the line goes on
      continue;
    }
    if (isFirst && /[%!?]/.test(character)) {
      // A magic is no Python: nothing in it opens a string or a bracket.
      const end = code.indexOf('\n', at);
      at = end < 0 ? code.length : end;
      continue;
    }
    const text = match(code, at);
    if (/^[)\]}]$/.test(text)) {
      depth = Math.max(0, depth - 1);
    }
    found.push({
      text,
      start: at,
      depth,
      column: isFirst ? at - lineStart : -1
    });
    if (/^[([{]$/.test(text)) {
      depth++;
    }
    isFirst = false;
    at += text.length;
  }
  return found;
}

function match(code: string, at: number): string {
  for (const pattern of [STRING, NAME, NUMBER, OPERATOR]) {
    pattern.lastIndex = at;
    const found = pattern.exec(code);
    if (found !== null && found[0] !== '') {
      return found[0];
    }
  }
  return code[at] ?? '';
}

/** Divide tokens into logical lines. */
function statements(all: readonly IToken[]): IToken[][] {
  const lines: IToken[][] = [[]];
  for (const token of all) {
    if (token.text === '\n') {
      lines.push([]);
    } else {
      lines[lines.length - 1]?.push(token);
    }
  }
  return lines.filter(line => line.length > 0);
}

/** The logical lines within a function, without those of functions and classes within it. */
function bodyOf(lines: readonly IToken[][], place: number): IToken[][] {
  const header = lines[place] ?? [];
  const colon = header.findIndex(
    ({ text, depth }) => text === ':' && depth === 0
  );
  const body = [header.slice(colon + 1)];
  let inner = -1; // column of a function within it
  for (const line of lines.slice(place + 1)) {
    const column = line[0]?.column ?? 0;
    if (column <= 0) {
      break;
    }
    if (inner >= 0 && column > inner) {
      continue;
    }
    inner = -1;
    const word = line[0]?.text;
    if (word === 'def' || word === 'class' || word === 'async') {
      inner = column;
      continue;
    }
    body.push(line);
  }
  return body;
}

function isYield(line: readonly IToken[]): boolean {
  const words = line.map(({ text }) => text);
  return words.includes('yield') && !words.includes('lambda');
}

function returnsOf(body: readonly IToken[][]): number {
  const counts = new Set<number>();
  for (const line of body) {
    const place = line.findIndex(
      ({ text, depth }) => text === 'return' && depth === 0
    );
    const value = line.slice(place + 1);
    if (place >= 0) {
      counts.add(valuesOf(value));
    }
  }
  const [count] = counts;
  return counts.size === 1 ? Math.max(1, count ?? 1) : 1;
}

/** How many values `return` gives: those of a tuple that stands there as such. */
function valuesOf(value: readonly IToken[]): number {
  const isWrapped =
    value[0]?.text === '(' &&
    value.findIndex(({ text, depth }) => text === ')' && depth === 0) ===
      value.length - 1;
  const level = isWrapped ? 1 : 0;
  const inside = isWrapped ? value.slice(1, -1) : value;
  const isPlain = !inside.some(
    ({ text, depth }) => depth === level && /^(lambda|for|if|\*|;)$/.test(text)
  );
  const commas = inside.filter(
    ({ text, depth }) => text === ',' && depth === level
  ).length;
  const ends = inside[inside.length - 1]?.text === ',' ? 0 : 1;
  return isPlain && commas > 0 ? commas + ends : 1;
}

/** Read parameters from the tokens after the opening bracket. */
function parametersOf(rest: readonly IToken[]): IParameter[] {
  const found: IParameter[] = [];
  let part: IToken[] = [];
  let lambdas = 0; // whose parameters have commas of their own
  const take = (): void => {
    const [first, second] = part;
    if (first?.text === '*' || first?.text === '**') {
      if (second !== undefined) {
        const kind = first.text === '*' ? 'list' : 'dict';
        found.push({ name: second.text, kind });
      }
    } else if (first !== undefined && first.text !== '/') {
      found.push({ name: first.text, kind: 'plain' });
    }
    part = [];
  };
  for (const token of rest) {
    if (token.text === ')' && token.depth === 0) {
      take();
      break;
    }
    if (token.depth === 1) {
      lambdas += token.text === 'lambda' ? 1 : 0;
      lambdas -= token.text === ':' && lambdas > 0 ? 1 : 0;
    }
    if (token.text === ',' && token.depth === 1 && lambdas === 0) {
      take();
    } else {
      part.push(token);
    }
  }
  return found;
}

/** Whether code ends with the bracket that its first one opens. */
function isOneCall(code: string): boolean {
  const all = tokens(code);
  const closing = all.findIndex(
    ({ text, depth }) => text === ')' && depth === 0
  );
  return closing === all.length - 1;
}
