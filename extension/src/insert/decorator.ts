import type { IFunction } from './python';

/** What a task can do with a parameter, in the groups in which they are offered. */
export const DIRECTIONS = {
  value: ['IN', 'INOUT', 'OUT', 'IN_DELETE', 'CONCURRENT', 'COMMUTATIVE'],
  file: [
    'FILE_IN',
    'FILE_INOUT',
    'FILE_OUT',
    'FILE_CONCURRENT',
    'FILE_COMMUTATIVE'
  ],
  directory: ['DIRECTORY_IN', 'DIRECTORY_INOUT', 'DIRECTORY_OUT'],
  collection: [
    'COLLECTION_IN',
    'COLLECTION_INOUT',
    'COLLECTION_OUT',
    'COLLECTION_IN_DELETE',
    'COLLECTION_FILE_IN',
    'COLLECTION_FILE_INOUT',
    'COLLECTION_FILE_OUT'
  ],
  dictionary: [
    'DICTIONARY_IN',
    'DICTIONARY_INOUT',
    'DICTIONARY_OUT',
    'DICTIONARY_IN_DELETE'
  ]
} as const;

/** What needs no word: a parameter is read. */
export const USUAL_DIRECTION = 'IN';

/** What happens when a task fails; the first is usual. */
export const ON_FAILURE = [
  'fail',
  'retry',
  'ignore',
  'cancel_successors'
] as const;

/** Where retries mean something; those without a word for failures are retried. */
const RETRIED: readonly string[] = [ON_FAILURE[0], 'retry'];

/** The options of a task as they are typed; empty for what is usual. */
export interface IOptions {
  readonly returns: string;
  readonly cores: string;
  readonly memory: string;
  readonly gpus: string;
  readonly retries: string;
  readonly time_out: string;
  readonly priority: string;
}

export type OptionName = keyof IOptions;

/** What stands in the form. */
export interface IDecoration {
  /** By the name of the parameter; those that are not there are read. */
  readonly directions: Readonly<Record<string, string>>;
  readonly onFailure: string;
  readonly options: IOptions;
}

export const NO_OPTIONS: IOptions = {
  returns: '',
  cores: '',
  memory: '',
  gpus: '',
  retries: '',
  time_out: '',
  priority: ''
};

const RULES: Readonly<Record<OptionName, RegExp>> = {
  returns: /^[1-9]\d*$/,
  cores: /^[1-9]\d*$/,
  memory: /^\d+(\.\d+)?\s*[kmgt]?i?b?$/i,
  gpus: /^\d+$/,
  retries: /^\d+$/,
  time_out: /^(?!0+(\.0*)?$)\d+(\.\d+)?$/,
  priority: /^-?\d+$/
};

/** Words that `task(...)` keeps for itself: no parameter of the name can have a direction. */
export const RESERVED: ReadonlySet<string> = new Set([
  ...Object.keys(NO_OPTIONS),
  'on_failure',
  'function'
]);

/** The options whose text makes no sense, by itself or beside what happens on failure. */
export function mistakes(
  decoration: Omit<IDecoration, 'directions'>
): OptionName[] {
  const { options, onFailure } = decoration;
  const names = Object.keys(RULES) as OptionName[];
  return names.filter(name => {
    const text = options[name].trim();
    // Python refuses retries of what is given up at once.
    const isVain =
      name === 'retries' && Number(text) > 0 && !RETRIED.includes(onFailure);
    return text !== '' && (isVain || !RULES[name].test(text));
  });
}

/** Write the line that makes a function a task function. */
export function decoratorOf(
  module: string,
  { parameters }: IFunction,
  { directions, onFailure, options }: IDecoration
): string {
  const words = parameters
    .filter(({ name }) => !RESERVED.has(name))
    .map(({ name }) => [name, directions[name] ?? USUAL_DIRECTION] as const)
    .filter(([, direction]) => direction !== USUAL_DIRECTION)
    .map(([name, direction]) => `${name}=${module}.${direction}`);
  if (onFailure !== ON_FAILURE[0] && isKnownFailure(onFailure)) {
    words.push(`on_failure="${onFailure}"`);
  }
  for (const [name, typed] of Object.entries(options)) {
    const text = String(typed).trim();
    if (text !== '' && !(name === 'returns' && text === '1')) {
      words.push(`${name}=${name === 'memory' ? `"${text}"` : text}`);
    }
  }
  const call = words.length > 0 ? `(${words.join(', ')})` : '';
  return `@${module}.task${call}`;
}

/** Whether one of the decorators makes a task function already. */
export function isTask(decorators: readonly string[]): boolean {
  return decorators.some(text => /^([\w.]+\.)?task\b/.test(text));
}

function isKnownFailure(text: string): boolean {
  return ON_FAILURE.some(known => known === text);
}
