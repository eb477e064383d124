/** What the benchmark adds to a page of JupyterLab: it notes what comes, and how long frames take. */
(() => {
  const messages = [];
  const Plain = window.WebSocket;
  // Of the same name and with the same constants, so that nobody sees a difference.
  window.WebSocket = class WebSocket extends Plain {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', ({ data }) => {
        const bytes = typeof data === 'string' ? data.length : data.byteLength;
        messages.push({ time: performance.now(), bytes });
      });
    }
  };

  const frame = () => new Promise(resolve => requestAnimationFrame(resolve));
  const view = () => document.querySelector('.eflows-Run');
  const told = () =>
    [...(view()?.querySelectorAll('.eflows-Legend [data-testid]') ?? [])].reduce(
      (sum, { textContent }) => sum + Number(textContent.replace(/\D/g, '')),
      0
    );

  const ended = () =>
    Number(view().querySelector('[data-testid=eflows-run-done]').textContent.replace(/\D/g, ''));

  /** Open the view; return when it was asked for, when the snapshot was there, and when it was seen. */
  async function first(command, args, tasks) {
    messages.length = 0;
    const asked = performance.now();
    void window.jupyterapp.commands.execute(command, args);
    while (told() < tasks) {
      await frame();
    }
    // One frame to draw what was told of, and one to know that it was shown.
    await frame();
    await frame();
    const seen = performance.now();
    const largest = messages.reduce((one, other) => (other.bytes > one.bytes ? other : one));
    return {
      answer: largest.time - asked,
      bytes: largest.bytes,
      paint: seen - largest.time
    };
  }

  /** Roll the wheel over the graph, as one who zooms in, or with Shift moves to the side. */
  function wheel({ deltaX = 0, deltaY = 0, shiftKey = false }) {
    const canvas = view().querySelector('.eflows-Surface');
    const { left, top, width, height } = canvas.getBoundingClientRect();
    canvas.dispatchEvent(
      new WheelEvent('wheel', {
        deltaX,
        deltaY,
        shiftKey,
        clientX: left + width / 2,
        clientY: top + height / 2,
        bubbles: true,
        cancelable: true
      })
    );
  }

  /** Move the graph before each frame for so many seconds; return how long frames took. */
  async function move(seconds) {
    messages.length = 0;
    const times = [];
    const before = told();
    const done = ended();
    let last = await frame();
    const end = last + seconds * 1000;
    for (let count = 0; last < end; count++) {
      wheel({ deltaX: count % 120 < 60 ? -6 : 6, shiftKey: true });
      const now = await frame();
      times.push(now - last);
      last = now;
    }
    const large = messages.filter(({ bytes }) => bytes > 2000).length;
    return { times, messages: large, added: told() - before, changed: ended() - done };
  }

  /** The share of the canvas that is not of its background. */
  function drawn() {
    const { width, height } = view().querySelector('.eflows-Surface');
    const copy = document.createElement('canvas').getContext('2d');
    copy.canvas.width = width;
    copy.canvas.height = height;
    copy.drawImage(view().querySelector('.eflows-Surface'), 0, 0);
    const pixels = new Uint32Array(copy.getImageData(0, 0, width, height).data.buffer);
    return pixels.reduce((sum, pixel) => sum + (pixel === pixels[0] ? 0 : 1), 0) / pixels.length;
  }

  window.eflowsBench = { first, wheel, move, drawn, told };
})();
