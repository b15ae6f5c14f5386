/** Choices remembered on this machine; a browser that refuses storage just forgets them. */
export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(`deining.${key}`);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`deining.${key}`, value);
  } catch {
    // Nothing to do: the choice holds until the page is closed.
  }
}
