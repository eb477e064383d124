/**
 * Let an element have the colours of the page that it is in. JupyterLab's pages have variables for them;
 * for others there are our own, light and dark.
 */
export function adopt(element: HTMLElement): void {
  const ours = !hasVariables(element.parentElement ?? document.body);
  element.classList.toggle('eflows-mod-bare', ours);
  element.classList.toggle(
    'eflows-mod-dark',
    isDark(ours ? backgroundOf(element.parentElement) : variable(element))
  );
}

function hasVariables(element: Element): boolean {
  return variable(element) !== '';
}

function variable(element: Element): string {
  return getComputedStyle(element)
    .getPropertyValue('--jp-layout-color1')
    .trim();
}

/** The colour that is seen behind an element, white where none is set. */
function backgroundOf(element: Element | null): string {
  for (let one = element; one !== null; one = one.parentElement) {
    const colour = getComputedStyle(one).backgroundColor;
    if (!/^rgba\(.*, 0\)$|^transparent$/.test(colour)) {
      return colour;
    }
  }
  const editor = getComputedStyle(document.documentElement);
  return editor.getPropertyValue('--vscode-editor-background') || '#fff';
}

function isDark(colour: string): boolean {
  const pen = document.createElement('canvas').getContext('2d');
  if (pen === null) {
    return false;
  }
  pen.fillStyle = '#fff';
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 1, 1);
  const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
  return 0.3 * (red ?? 0) + 0.6 * (green ?? 0) + 0.1 * (blue ?? 0) < 110;
}
