import type { ILauncher } from '../clusters/protocol';
import type { IStartOptions } from './engines';

/** No cluster has more. */
export const ENGINES_LIMIT = 4096;

/** What was typed into the form that starts engines; empty for the usual. */
export interface IStartTexts {
  readonly engines: string;
  /** Of each engine; takes the place of their number. */
  readonly cores: string;
  readonly hosts: string;
  readonly address: string;
  readonly checkpoint: string;
}

export const NOTHING_TYPED: IStartTexts = {
  engines: '',
  cores: '',
  hosts: '',
  address: '',
  checkpoint: ''
};

/** What the texts mean for a kind of cluster. */
export interface IStartReading {
  /** Null where it is as many as the hosts have cores. */
  readonly number: number | null;
  /** What to show in the fields. */
  readonly engines: string;
  readonly cores: string;
  /** The field that makes no sense, null when all do. */
  readonly mistake: 'engines' | 'cores' | null;
  /** Null while something is missing or makes no sense. */
  readonly options: IStartOptions | null;
}

/**
 * Read the form that starts engines.
 *
 * @param launcher the kind of cluster that is chosen
 * @param proposed how many engines to propose; 0 for one a core
 */
export function readStart(
  texts: IStartTexts,
  launcher: ILauncher | undefined,
  proposed: number
): IStartReading {
  const machine = launcher?.cores ?? 0;
  const each = texts.cores === '' || machine === 0 ? null : +texts.cores;
  const isShare = each === null || (isWhole(each) && each <= machine);
  const number =
    each !== null && isShare
      ? Math.floor(machine / each)
      : numberOf(texts.engines, launcher, proposed);
  const isNumber = number === null || isEngines(number);
  const mistake = !isShare ? 'cores' : isNumber ? null : 'engines';
  // As `divided` in eflows_nb/clusters/machine.py divides a machine.
  const share = isNumber
    ? Math.max(1, Math.floor(machine / (number ?? 1)))
    : '';
  return {
    number,
    engines:
      each === null ? texts.engines || String(number ?? '') : String(number),
    cores: texts.cores === '' ? String(share) : texts.cores,
    mistake,
    options:
      mistake === null
        ? optionsOf(texts, number, launcher?.hosts === true)
        : null
  };
}

export function isEngines(number: number): boolean {
  return isWhole(number) && number <= ENGINES_LIMIT;
}

function isWhole(number: number): boolean {
  return Number.isInteger(number) && number >= 1;
}

function numberOf(
  typed: string,
  launcher: ILauncher | undefined,
  proposed: number
): number | null {
  if (typed !== '') {
    return Number(typed);
  }
  // How many cores hosts have is known when they are reached.
  return launcher?.hosts === true
    ? null
    : proposed || (launcher?.cores ?? 0) || 2;
}

function optionsOf(
  texts: IStartTexts,
  number: number | null,
  needsHosts: boolean
): IStartOptions | null {
  const hosts = texts.hosts.split(/[\s,]+/).filter(Boolean);
  const address = texts.address.trim();
  const checkpoint = texts.checkpoint.trim();
  if (needsHosts && hosts.length === 0) {
    return null;
  }
  return {
    ...(number === null ? {} : { number }),
    ...(needsHosts ? { hosts } : {}),
    ...(needsHosts && address !== '' ? { address } : {}),
    ...(checkpoint === '' ? {} : { checkpoint })
  };
}
