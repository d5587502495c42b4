/** What a browser would send for the form on a page, as it stands. */
export function fieldsIn(body: string): [string, string][] {
  const form = /<form class="settings".*?<\/form>/s.exec(body)![0];
  const decode = (text: string) =>
    text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&amp;', '&');
  const inputs = [...form.matchAll(/<input((?:[^">]|"[^"]*")*)>/g)].flatMap(
    ([, attributes = '']): [string, string][] => {
      const attribute = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1];
      const isBox = /type="(?:radio|checkbox)"/.test(attributes);
      if (isBox && !/\bchecked\b/.test(attributes)) return [];
      return [[attribute('name')!, decode(attribute('value') ?? (isBox ? 'on' : ''))]];
    },
  );
  const areas = [...form.matchAll(/<textarea[^>]*name="(\w+)"[^>]*>([^<]*)<\/textarea>/g)];
  return [...inputs, ...areas.map(([, name, text]): [string, string] => [name!, decode(text!)])];
}
