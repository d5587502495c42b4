import type { FastifyPluginAsync } from 'fastify';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { addFormBodies, fieldsOf, textOf } from './form-bodies.js';

/** `auto`: as the system has it. */
export const themes = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const COOKIE = 'quire-theme';
const A_YEAR = 31_536_000;

const ThemeContext = createContext<Theme>('auto');
export const ThemeProvider = ThemeContext.Provider;
export const useTheme = (): Theme => useContext(ThemeContext);

/** What the browser was told by `POST /theme`; `auto` where it was told nothing. */
export function themeOf(cookies: string | undefined): Theme {
  const value = new RegExp(`(?:^|;\\s*)${COOKIE}=(\\w+)`).exec(cookies ?? '')?.[1];
  return themes.find((theme) => theme === value) ?? 'auto';
}

/** A cookie and not the browser's storage: so that the first paint has the colours, and it works without a script. */
export const themeRoutes: FastifyPluginAsync = async (app) => {
  addFormBodies(app);
  app.post('/theme', { schema: { hide: true } }, async ({ body, headers }, reply) => {
    const wanted = textOf(fieldsOf(body), 'theme');
    const theme = themes.find((known) => known === wanted) ?? 'auto';
    const age = theme === 'auto' ? 0 : A_YEAR;
    reply.header('set-cookie', `${COOKIE}=${theme}; Path=/; Max-Age=${age}; SameSite=Lax; HttpOnly`);
    return reply.redirect(backTo(headers.referer), 303);
  });
};

/** The path that somebody came from, never another host's. */
function backTo(referer: string | undefined): string {
  if (referer === undefined || !URL.canParse(referer)) return '/';
  const { pathname, search } = new URL(referer);
  return `/${pathname.replace(/^[/\\]+/, '')}${search}`;
}

const labels: Readonly<Record<Theme, string>> = { auto: 'As the system', light: 'Light', dark: 'Dark' };

export function ThemeSwitch() {
  const current = useTheme();
  return (
    <form class="theme" action="/theme" method="post">
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
