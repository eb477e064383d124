/** What a page offers to the benchmark. */
export interface IBench {
  /** Milliseconds from having the data to having drawn them. */
  first(count: number): Promise<number>;
  /** Milliseconds of each frame while the picture is moved. */
  pan(frames: number): Promise<number[]>;
  /** The same while tasks change ten times a second. */
  deltas(seconds: number): Promise<number[]>;
}

export function nextFrame(): Promise<number> {
  return new Promise(resolve => requestAnimationFrame(resolve));
}

/** Wait until what was drawn has been shown. */
export async function shown(): Promise<void> {
  await nextFrame();
  await nextFrame();
}

/** Do something before each frame, and return how long frames took. */
export async function record(
  frames: number,
  before: (frame: number) => void
): Promise<number[]> {
  const times: number[] = [];
  let last = await nextFrame();
  for (let frame = 0; frame < frames; frame++) {
    before(frame);
    const now = await nextFrame();
    times.push(now - last);
    last = now;
  }
  return times;
}

/** The same for so many seconds, and something else ten times a second. */
export async function recordWith(
  seconds: number,
  before: (frame: number) => void,
  change: (time: number) => void
): Promise<number[]> {
  const end = performance.now() + seconds * 1000;
  let next = performance.now();
  let frame = 0;
  const times: number[] = [];
  let last = await nextFrame();
  while (performance.now() < end) {
    if (performance.now() >= next) {
      change(frame);
      next += 100;
    }
    before(frame++);
    const now = await nextFrame();
    times.push(now - last);
    last = now;
  }
  return times;
}

/** So many pixels to the left, to and fro. */
export function step(frame: number): number {
  return frame % 120 < 60 ? -6 : 6;
}

export function stage(): HTMLElement {
  const element = document.createElement('div');
  element.style.cssText = 'position:absolute;left:0;top:0;width:1200px;height:640px';
  document.body.append(element);
  return element;
}
