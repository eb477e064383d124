import type { TranslationBundle } from '@jupyterlab/translation';

type One = (text: string, ...args: unknown[]) => string;
type Many = (
  one: string,
  many: string,
  n: number,
  ...args: unknown[]
) => string;

const one: One = (text, ...args) => filled(text, args);
const many: Many = (singular, plural, n, ...args) =>
  filled(n === 1 ? singular : plural, [n, ...args]);

/** The words of the run view as its source has them: outside JupyterLab nobody translates. */
export const words: TranslationBundle = {
  __: one,
  _n: many,
  _p: (_, ...rest) => one(...rest),
  _np: (_, ...rest) => many(...rest),
  gettext: one,
  ngettext: many,
  pgettext: (_, ...rest) => one(...rest),
  npgettext: (_, ...rest) => many(...rest),
  dcnpgettext: (_, __, ...rest) => many(...rest)
};

/** Put the arguments where `%1`, `%2` and so on stand. */
function filled(text: string, args: readonly unknown[]): string {
  return text.replace(/%(\d)/g, (whole, place) => {
    const index = Number(place) - 1;
    return index < args.length ? String(args[index]) : whole;
  });
}
