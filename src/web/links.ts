export function paperPath(id: string): string {
  return `/papers/${encodeURIComponent(id)}`;
}

export function searchPath(params: Record<string, string | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value !== undefined) query.set(name, value);
  return `/?${query}`;
}
