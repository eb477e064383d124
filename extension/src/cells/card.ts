/**
 * What our outputs in a notebook say of tasks; mirrors `eflows_nb/notebook/cells/card.py`
 * and `eflows_nb/notebook/wait_bar.py`, and is tested on the same JSON file.
 */
import { isRecord } from '../core/record';
import { SIGN_TEXT } from '../signs/text';

const VERSION = 1;
const UNFINISHED = ['waiting', 'ready', 'sent', 'running'];
const REASON =
  'Its kernel ended before it did. Run the cell again to have its result.';

interface ICard {
  readonly name: string;
  readonly tasks: readonly number[];
}

/**
 * What an output is when its kernel has ended: the card of a task that had not
 * ended says so, the bar of a wait is gone.
 *
 * @param output as in a notebook file
 * @returns null for an output that stays as it is
 */
export function leftBehind(output: unknown): object | null {
  const metadata = isRecord(output) ? output.metadata : null;
  const ours = isRecord(metadata) ? metadata.eflows : null;
  if (!isRecord(output) || !isRecord(metadata) || !isRecord(ours)) {
    return null;
  }
  const { version, wait, state } = ours;
  if (version !== VERSION) {
    return null;
  }
  if (wait === true) {
    const data = { 'text/plain': '', 'text/html': '' };
    return { ...output, data, metadata: {} };
  }
  if (!isCard(ours) || !UNFINISHED.some(one => one === state)) {
    return null;
  }
  const eflows = { ...ours, state: 'cancelled' };
  const kept = { ...metadata, eflows };
  return { ...output, data: cancelled(ours), metadata: kept };
}

function cancelled({ name, tasks }: ICard): Record<string, string> {
  const sign = SIGN_TEXT.cancelled;
  const number =
    tasks.length === 0
      ? ''
      : tasks.length === 1
        ? ` #${tasks[0]}`
        : ` ${tasks.length} tasks`;
  return {
    'text/plain': `${sign} Task cell '${name}'${number}: cancelled\n${REASON}`,
    'text/html':
      `<div class="eflows-card" data-state="cancelled"><span aria-hidden="true">${sign}</span> ` +
      `<strong>${escaped(name)}</strong>${number} <em>cancelled</em>` +
      `<div>${REASON}</div></div>`
  };
}

function isCard(data: Record<string, unknown>): data is typeof data & ICard {
  const { name, tasks } = data;
  return (
    typeof name === 'string' &&
    Array.isArray(tasks) &&
    tasks.every(task => typeof task === 'number')
  );
}

/** Text as HTML that shows just that. */
function escaped(text: string): string {
  const signs: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#x27;'
  };
  return text.replace(/[&<>"']/g, sign => signs[sign] ?? '');
}
