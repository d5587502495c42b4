import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { addFormBodies, fieldsOf, textOf } from './form-bodies.js';

/** `auto`: as the system has it. */
export const themes = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const COOKIE = 'quire-theme';
const A_YEAR = 31_536_000;

/** Of the request that a page answers. */
export interface Asked {
  theme: Theme;
  /** Where to come back to; `/` where a page answers a form. */
  path: string;
}

const AskedContext = createContext<Asked>({ theme: 'auto', path: '/' });
export const AskedProvider = AskedContext.Provider;
export const useAsked = (): Asked => useContext(AskedContext);

export function askedOf({ method, url, headers }: FastifyRequest, status: number): Asked {
  // An address that leads nowhere may hold half of a secret, which the page must not repeat; a search that can't be read does not.
  const isKept = method !== 'POST' && (status < 400 || url.startsWith('/?'));
  return { theme: themeOf(headers.cookie), path: isKept ? withoutAddress(url) : '/' };
}

/** Somebody may have put a mail address into a page's address: it has no place in the page. */
function withoutAddress(url: string): string {
  if (!url.includes('email=')) return url;
  const [path, query] = url.split('?', 2);
  const params = new URLSearchParams(query);
  params.delete('email');
  return `${path}?${params}`;
}

/** What the browser was told by `POST /theme`; `auto` where it was told nothing. */
function themeOf(cookies: string | undefined): Theme {
  const value = new RegExp(`(?:^|;\\s*)${COOKIE}=(\\w+)`).exec(cookies ?? '')?.[1];
  return themes.find((theme) => theme === value) ?? 'auto';
}

/** A cookie and not the browser's storage: so that the first paint has the colours, and it works without a script. */
export const themeRoutes: FastifyPluginAsync = async (app) => {
  addFormBodies(app);
  app.post('/theme', { schema: { hide: true } }, async ({ body }, reply) => {
    const fields = fieldsOf(body);
    const wanted = textOf(fields, 'theme');
    const theme = themes.find((known) => known === wanted) ?? 'auto';
    const age = theme === 'auto' ? 0 : A_YEAR;
    reply.header('set-cookie', `${COOKIE}=${theme}; Path=/; Max-Age=${age}; SameSite=Lax; HttpOnly`);
    return reply.redirect(backTo(textOf(fields, 'back')), 303);
  });
};

/** A path of ours, whatever the form says. */
function backTo(path: string): string {
  const ours = 'http://quire.invalid';
  if (!URL.canParse(path, ours)) return '/';
  const { pathname, search, origin } = new URL(path, ours);
  return origin === ours ? `/${pathname.replace(/^[/\\]+/, '')}${search}` : '/';
}

const labels: Readonly<Record<Theme, string>> = { auto: 'As the system', light: 'Light', dark: 'Dark' };

export function ThemeSwitch() {
  const { theme: current, path } = useAsked();
  return (
    <form class="theme" action="/theme" method="post">
      <input type="hidden" name="back" value={path} />
      <fieldset>
        <legend>Colours</legend>
        {themes.map((theme) => (
          <button
            key={theme}
            type="submit"
            name="theme"
            value={theme}
            aria-pressed={theme === current ? 'true' : 'false'}
          >
            {labels[theme]}
          </button>
        ))}
      </fieldset>
    </form>
  );
}
