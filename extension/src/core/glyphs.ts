import type { IPen } from './pen';
import { STATE } from './tasks';

/** Draw the sign of a state, so that nobody needs to see its colour. */
export function drawGlyph(
  pen: IPen,
  state: number,
  x: number,
  y: number,
  size: number
): void {
  const half = size / 2;
  pen.beginPath();
  switch (state) {
    case STATE.cached:
      pen.moveTo(x - half, y + half * 0.8);
      pen.lineTo(x + half, y + half * 0.8);
      drawGlyph(pen, STATE.done, x, y - half * 0.3, size * 0.8);
      return;
    case STATE.done:
      pen.moveTo(x - half, y);
      pen.lineTo(x - half / 4, y + half * 0.7);
      pen.lineTo(x + half, y - half * 0.7);
      break;
    case STATE.failed:
      pen.moveTo(x - half * 0.8, y - half * 0.8);
      pen.lineTo(x + half * 0.8, y + half * 0.8);
      pen.moveTo(x + half * 0.8, y - half * 0.8);
      pen.lineTo(x - half * 0.8, y + half * 0.8);
      break;
    case STATE.sent:
      pen.moveTo(x - half * 0.6, y - half * 0.8);
      pen.lineTo(x + half * 0.9, y);
      pen.lineTo(x - half * 0.6, y + half * 0.8);
      pen.lineTo(x - half * 0.6, y - half * 0.8);
      break;
    case STATE.running:
      pen.moveTo(x - half * 0.6, y - half * 0.8);
      pen.lineTo(x + half * 0.9, y);
      pen.lineTo(x - half * 0.6, y + half * 0.8);
      pen.lineTo(x - half * 0.6, y - half * 0.8);
      pen.fill();
      return;
    case STATE.cancelled:
      pen.moveTo(x - half * 0.8, y + half * 0.8);
      pen.lineTo(x + half * 0.8, y - half * 0.8);
      break;
    case STATE.ready:
      square(pen, x, y, half * 0.7);
      break;
    default:
      pen.moveTo(x - half * 0.9, y);
      pen.lineTo(x - half * 0.5, y);
      pen.moveTo(x - half * 0.2, y);
      pen.lineTo(x + half * 0.2, y);
      pen.moveTo(x + half * 0.5, y);
      pen.lineTo(x + half * 0.9, y);
  }
  pen.stroke();
}

function square(pen: IPen, x: number, y: number, half: number): void {
  pen.moveTo(x - half, y - half);
  pen.lineTo(x + half, y - half);
  pen.lineTo(x + half, y + half);
  pen.lineTo(x - half, y + half);
  pen.lineTo(x - half, y - half);
}
