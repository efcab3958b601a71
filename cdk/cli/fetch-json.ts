/** What a server of the local stack answers. The shape is that server's word, which is of the same version. */
export async function fetchJson<T>(url: string): Promise<T> {
  const response = await fetch(url);
  return JSON.parse(await response.text());
}
