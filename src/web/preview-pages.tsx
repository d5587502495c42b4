import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyError } from 'fastify';
import { withFirstLike } from '../digests/naming.js';
import { type PreviewDays, type PreviewService, previewDays } from '../digests/preview.js';
import { checkSettings } from '../digests/subscription-request.js';
import type { Catalog } from '../papers/catalog.js';
import type { AppError } from '../platform/errors.js';
import { invalid } from '../search/request.js';
import { type FormFields, fieldsOf, formProblem, paramsIn, textOf } from './form-bodies.js';
import { PreviewPage, RefusedPreviewPage } from './pages/preview-page.js';
import { SubscribePage } from './pages/subscribe-pages.js';
import { previewPath, readValues, requestOf, valuesOfParams } from './subscription-form.js';
import { sendErrorPage, sendPage } from './web.js';

export interface PreviewPagesOptions {
  preview: PreviewService;
  catalog: Catalog;
  describeError: (error: FastifyError) => { error: AppError; status: number };
}

/** How far a preview goes back unless it is said. */
const DEFAULT_BACK: PreviewDays = 14;

const hidden = { schema: { hide: true } };

/** What a subscription would have sent, for settings that stand in the address: it can be kept and shared. */
export const previewPages: FastifyPluginAsyncTypebox<PreviewPagesOptions> = async (
  app,
  { preview: { preview }, catalog, describeError },
) => {
  // What can be mended, by other settings or by waiting, is said beside them.
  app.setErrorHandler<FastifyError>((thrown, request, reply) => {
    const { error, status } = describeError(thrown);
    if (error.kind === 'fatal') request.log.error({ err: error }, 'page failed');
    if (error.kind === 'unavailable') reply.header('retry-after', error.retryAfter ?? 1);
    if (error.kind !== 'invalid' && error.kind !== 'unavailable')
      return sendErrorPage(reply, { error, status });
    const params = paramsIn(request.query);
    const asked = { values: valuesOfParams(params, 'daily'), back: backIn(params) ?? DEFAULT_BACK };
    return sendPage(reply.code(status), <RefusedPreviewPage {...asked} error={error} />);
  });

  app.get('/subscribe/preview', hidden, async ({ query, ip, signal }, reply) => {
    const params = paramsIn(query);
    const values = valuesOfParams(params, 'daily');
    const back = backIn(params);
    if (back === null) throw invalid('back', `one of ${previewDays.join(', ')}`);
    const settings = await checkSettings(requestOf(values), { catalog });
    const found = await preview({ settings, days: back, ip, signal });
    const named = await withFirstLike(settings, catalog);
    const page = <PreviewPage values={values} back={back} settings={named} found={found} />;
    return sendPage(reply, page);
  });

  // A form with an address in it must not be sent as a GET: addresses of pages are kept and logged.
  app.post('/subscribe/preview', hidden, async ({ body }, reply) => {
    const values = readValues(fieldsOf(body));
    const path = previewPath(values);
    if (path !== null) return reply.redirect(path, 303);
    const error = invalid('settings', 'few enough for the address of a page; the API previews longer ones');
    const page = <SubscribePage values={values} problem={formProblem(error)} />;
    return sendPage(reply.code(400), page);
  });
};

/** null: no number of days that there is. */
function backIn(params: FormFields): PreviewDays | null {
  const text = textOf(params, 'back');
  return text === '' ? DEFAULT_BACK : (previewDays.find((days) => String(days) === text) ?? null);
}
