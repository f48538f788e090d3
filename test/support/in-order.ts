/** Whether the texts occur one after the other. */
export function inOrder(text: string, wanted: readonly string[]): boolean {
  let at = 0;
  return wanted.every((one) => {
    const found = text.indexOf(one, at);
    at = found + one.length;
    return found >= 0;
  });
}
