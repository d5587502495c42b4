import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { type ExportFormatName, exportFormats } from '../../papers/export/formats.js';
import type { Paper } from '../../papers/paper.js';

/** The formats besides JSON, for the schema of a response. */
export const exportContent = Object.fromEntries(
  Object.values(exportFormats).map(({ contentType }) => [
    contentType.split(';')[0]!,
    { schema: Type.String() },
  ]),
);

/** Sends papers as a file of citations, to be saved. */
export function sendExport(
  reply: FastifyReply,
  format: ExportFormatName,
  papers: readonly Paper[],
): FastifyReply {
  const { contentType, extension, write } = exportFormats[format];
  return reply
    .type(contentType)
    .header('content-disposition', `attachment; filename="quire.${extension}"`)
    .serializer((text: string) => text)
    .send(write(papers));
}
